//! Every server on every way out.

use std::io::{Write, pipe};
use std::process::Stdio;

use harness::experiment::becomes;
use harness::get;
use nix::sys::signal::{Signal, killpg};
use shared::frame::FrameWriter;
use shared::observe::bytes_waiting;

use super::peers::peers;
use super::place::Place;
use super::run::Run;

/// A frame may hold any bytes: a newline and a NUL too, which no line and no
/// shell variable can.
#[test]
fn a_server_shows_any_bytes_and_ends_with_the_last_writer() {
    for server in peers() {
        let place = Place::new();
        let serving = Run::of(server.server(&place.fifo()));
        let all: Vec<u8> = (0..=255).collect();
        let payloads = [&all[..], b"\n", b"", b"\0", b"e\0nd", b"\0\0\0"];
        let mut bytes = Vec::new();
        let mut frames = FrameWriter::new(&mut bytes);
        for payload in payloads {
            get(frames.send(payload), "send");
        }
        place.sends(bytes);
        let ended = serving.ends();
        assert_eq!(ended.printed[0], (server.shows)(&payloads), "{ended:?}");
        assert_eq!((ended.status, &*ended.said()), (0, ""), "{}", server.name);
        assert!(place.is_empty(), "{} left its FIFO", server.name);
    }
}

/// It does not wait for a second message, or for the client to leave.
#[test]
fn a_message_is_shown_before_the_next_one_is_sent() {
    for server in peers() {
        let place = Place::new();
        let mut serving = Run::of(server.server(&place.fifo()));
        let mut client = FrameWriter::new(place.opens());
        let payloads: [&[u8]; 3] = [b"one", b"", b"three"];
        for count in 1..=payloads.len() {
            get(client.send(payloads[count - 1]), "send");
            serving.shows(&(server.shows)(&payloads[..count]));
        }
        get(client.send(b"end"), "send");
        let ended = serving.ends();
        assert_eq!((ended.status, &*ended.said()), (0, ""), "{}", server.name);
    }
}

/// Ctrl-C goes to a whole process group: so it ends dd, which the shell waits
/// for. The shell itself must not be starting dd at that moment: once the
/// FIFO is empty, dd is there.
#[test]
fn a_signal_ends_a_server_and_removes_its_fifo() {
    for server in peers() {
        for signal in [Signal::SIGINT, Signal::SIGTERM] {
            let place = Place::new();
            let mut serving = Run::of(server.server(&place.fifo()));
            let mut client = place.opens();
            get(client.write_all(b"\x02\0\0\0hi\x02\0"), "write");
            serving.shows(&(server.shows)(&[b"hi"]));
            let taken = || bytes_waiting(&client).agrees_with(0);
            assert!(becomes(taken), "{} reads no more", server.name);
            get(killpg(serving.group, signal), "kill");
            let status = serving.ends().status;
            assert_eq!(status, 128 + signal as i32, "{}", server.name);
            assert!(place.is_empty(), "{} left its FIFO", server.name);
        }
    }
}

/// As under `| head -1`.
#[test]
fn a_server_without_a_reader_ends_and_removes_its_fifo() {
    for server in peers() {
        let place = Place::new();
        let (nobody, output) = get(pipe(), "pipe");
        drop(nobody);
        let server = server.server(&place.fifo());
        let serving = Run::with_output(server, Stdio::from(output));
        place.sends(b"\x02\0\0\0hi".to_vec());
        let ended = serving.ends();
        assert!(place.is_empty(), "{ended:?}");
    }
}
