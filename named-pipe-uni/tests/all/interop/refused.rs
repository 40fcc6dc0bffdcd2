//! What a peer does not take, and that it says so in one sentence.

use std::fs;

use harness::experiment::becomes;
use harness::get;
use shared::frame::{DEFAULT_LIMIT, FrameReader};
use shared::observe::bytes_waiting;

use super::peers::{Peer, peers};
use super::place::Place;
use super::run::Run;

#[test]
fn a_stream_that_ends_inside_a_frame_is_refused() {
    let cases: [(&[u8], &str); 4] = [
        (b"\x05\0", "inside a frame, 2 bytes too early"),
        (b"\x05\0\0\0", "inside a frame, 5 bytes too early"),
        (b"\x05\0\0\0hel", "inside a frame, 2 bytes too early"),
        (b"\x04\0\0\0end", "inside a frame, 1 bytes too early"),
    ];
    for (bytes, words) in cases {
        every_server_refuses(bytes, words);
    }
}

#[test]
fn a_length_over_the_limit_is_refused_before_the_payload() {
    let over = "over the limit of 1048576";
    every_server_refuses(b"\x01\0\x10\0", &format!("1048577 bytes is {over}"));
    let most = format!("4294967295 bytes is {over}");
    every_server_refuses(b"\xff\xff\xff\xff", &most);
}

fn every_server_refuses(bytes: &[u8], words: &str) {
    for server in peers() {
        let place = Place::new();
        let serving = Run::of(server.server(&place.fifo()));
        place.sends(bytes.to_vec());
        serving.ends().refused(words);
        assert!(place.is_empty(), "{} left its FIFO", server.name);
    }
}

#[test]
fn a_server_leaves_a_name_that_is_taken_as_it_is() {
    for server in peers() {
        let place = Place::new();
        get(fs::write(place.fifo(), "precious"), "write");
        Run::of(server.server(&place.fifo())).ends().refused("File exists");
        let kept = get(fs::read(place.fifo()), "read");
        assert_eq!(kept, b"precious", "{}", server.name);
    }
}

/// `>` and `O_CREAT` would make a regular file, and open would not wait.
#[test]
fn a_client_makes_no_file_and_writes_to_none() {
    for client in peers() {
        let place = Place::new();
        let run = || Run::of(client.client(&place.fifo()));
        run().reads(b"lost\n".to_vec()).ends().refused("fifo");
        assert!(place.is_empty(), "{} made a file", client.name);
        get(fs::write(place.fifo(), "precious"), "write");
        run().reads(b"lost\n".to_vec()).ends().refused("FIFO");
        let kept = get(fs::read(place.fifo()), "read");
        assert_eq!(kept, b"precious", "{}", client.name);
    }
}

#[test]
fn a_line_over_the_limit_is_not_sent() {
    over_the_limit_none_is_sent(|client| client.top >= DEFAULT_LIMIT);
}

/// The same for who reads a line with a system call for each byte.
#[test]
#[ignore = "takes seconds: a step of .ci/run"]
fn a_shell_sends_no_line_over_the_limit() {
    over_the_limit_none_is_sent(|client| client.top < DEFAULT_LIMIT);
}

fn over_the_limit_none_is_sent(of: fn(&Peer) -> bool) {
    for client in peers().iter().filter(|client| of(client)) {
        let place = Place::new();
        let reader = place.reads();
        let run = Run::of(client.client(&place.fifo()));
        let run = run.reads(vec![b'x'; DEFAULT_LIMIT + 1]);
        run.ends().refused("over the limit of 1048576");
        assert_eq!(get(FrameReader::new(reader).recv(), "recv"), None);
    }
}

/// Each write asks anew whether anybody reads. What the last server did not
/// read is lost: nobody is told.
#[test]
fn a_client_whose_server_has_left_says_so() {
    for client in peers() {
        let place = Place::new();
        let reader = place.reads();
        let mut run = Run::of(client.client(&place.fifo()));
        run.types(b"one\n");
        let sent = || bytes_waiting(&reader).0 == Some(7);
        assert!(becomes(sent), "{} does not send", client.name);
        drop(reader);
        assert!(becomes(|| place.is_lonely()), "somebody reads");
        run.types(b"two\n");
        run.ends().refused("");
    }
}
