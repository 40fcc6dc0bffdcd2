//! Where pipes end: the same frames over a FIFO, a Unix socket and TCP.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use harness::{Outcome, Program, demo, get, transcript};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use shared::frame::FrameWriter;

const NAME: &str = "beyond_pipes";

/// How long a socket waits for a sender that does not come or says nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Each transport's own truth, in the order in which it is told.
#[test]
fn the_same_frames_go_over_all_three_and_each_adds_and_loses() {
    let told = Program::example(NAME).run().well().stdout;
    let mut rest = told.as_str();
    for line in [
        "recv, 4 times ",
        "write(fifo, \"thanks\") = EBADF",
        "poll(fifo) = 0",
        "drop(other)",
        "recv = None",
        "recv, 4 times ",
        "SO_PEERCRED: process ",
        "send(\"thanks\")",
        "recv = \"thanks\"",
        "recv = None",
        "poll(the other client) = 0",
        "decode, 4 times ",
        "accept: from 127.0.0.1 ",
        "send(\"thanks\")",
        "recv = \"thanks\"",
        "read = 0, decode_eof = None",
        "decode_eof = None",
        "recv: the stream ended inside a frame, 4 bytes too early",
    ] {
        let Some((_, after)) = rest.split_once(line) else {
            panic!("no {line:?}, or not in its place, in:\n{told}");
        };
        rest = after;
    }
    let sampled = transcript::sample(&told);
    for _ in 0..5 {
        let again = Program::example(NAME).run().well().stdout;
        let again = transcript::sample(&again);
        assert_eq!(words(&again), words(&sampled));
    }
}

/// Columns move with the length of numbers.
fn words(told: &str) -> Vec<&str> {
    told.split_whitespace().collect()
}

/// The sender alone, heard by somebody who knows nothing of frames: what it
/// sends is what `FrameWriter` writes into memory, on each of the three ways.
#[test]
fn the_bytes_are_the_same_whatever_they_go_through() {
    let mut expected = Vec::new();
    let mut frames = FrameWriter::new(&mut expected);
    let long = vec![b'x'; 100_000];
    for payload in [&b"ping"[..], b"", b"\xff\xfe\0", &long] {
        get(frames.send(payload), "send");
    }

    // The shell makes the FIFO, and cat reads it; the deadline of the shell
    // bounds both.
    let sender = Program::example(NAME).path();
    let shell = Program::new("sh");
    let fifo = shell.temporary().join("fifo");
    let elsewhere = Program::new("sh");
    let bytes = elsewhere.temporary().join("bytes");
    let script = "mkfifo \"$1\" && { \"$0\" sender fifo \"$1\" & } && \
                  cat \"$1\" > \"$2\"; wait; rm \"$1\"";
    let shell = shell.args(&["-c", script]).arg(&sender).arg(fifo).arg(&bytes);
    let _ = shell.run().well();
    let got = get(fs::read(&bytes), "read");
    assert!(got == expected, "FIFO: {} bytes", got.len());

    let sender = Program::example(NAME);
    let path = sender.temporary().join("socket");
    let server = get(UnixListener::bind(&path), "bind");
    let sender = sender.args(&["sender", "unix"]).arg(&path);
    let got = heard(sender, &server, expected.len(), || {
        let (stream, _) = get(server.accept(), "accept");
        get(stream.set_read_timeout(Some(PATIENCE)), "setsockopt");
        get(fs::remove_file(&path), "unlink");
        stream
    });
    assert!(got == expected, "Unix socket: {} bytes", got.len());

    let server = get(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)), "bind");
    let address = get(server.local_addr(), "getsockname").to_string();
    let sender = Program::example(NAME).args(&["sender", "tcp", &address]);
    let got = heard(sender, &server, expected.len(), || {
        let (stream, _) = get(server.accept(), "accept");
        get(stream.set_read_timeout(Some(PATIENCE)), "setsockopt");
        stream
    });
    assert!(got == expected, "TCP: {} bytes", got.len());
}

/// What a sender sends before it waits for its answer, which it then gets.
fn heard<S: Read + Write>(
    sender: Program,
    server: impl AsFd,
    length: usize,
    accept: impl FnOnce() -> S,
) -> Vec<u8> {
    let sender = sender.starts();
    // accept has no time limit of its own.
    let mut asked = [PollFd::new(server.as_fd(), PollFlags::POLLIN)];
    let patience = get(PollTimeout::try_from(PATIENCE), "milliseconds");
    let came = poll(&mut asked, patience);
    assert_eq!(came, Ok(1), "nobody connects");
    let (mut stream, mut bytes) = (accept(), vec![0; length]);
    get(stream.read_exact(&mut bytes), "read");
    get(stream.write_all(b"\x06\0\0\0thanks"), "write");
    assert_eq!(stream.read(&mut [0]).ok(), Some(0), "it says no more");
    let _: Outcome = sender.ends().well();
    bytes
}

/// An address that leads nowhere is told in one sentence with the call.
#[test]
fn a_sender_alone_names_the_call_that_failed() {
    // Port 1 of this machine: nobody listens there, or nobody can.
    for (words, said) in [
        (["sender", "tcp", "127.0.0.1:1"], "connect 127.0.0.1:1: E"),
        (["sender", "unix", "/nowhere/x"], "connect /nowhere/x: ENOENT"),
        (["sender", "fifo", "/nowhere/x"], "open /nowhere/x: ENOENT"),
    ] {
        let _ = Program::example(NAME).args(&words).run().refused(1, &[said]);
    }
    let bad = Program::example(NAME).args(&["sender", "pigeon", "x"]).run();
    let _ = bad.refused(2, &["WAY is fifo, unix or tcp"]);
}

/// A new network namespace has loopback, but down.
#[cfg(target_os = "linux")]
#[test]
fn without_loopback_it_says_so_at_once() {
    let path = Program::example(NAME).path();
    let possible = Program::new("unshare").args(&["-n", "true"]).run();
    if possible.shell_status() != 0 {
        println!("skipped: only root can take the network away");
        return;
    }
    let told = Program::new("unshare").arg("-n").arg(&path).run();
    let told = told.refused(1, &[" 127.0.0.1: E"]).stdout;
    assert!(told.contains("SO_PEERCRED"), "a Unix socket needs none: {told}");
}

/// A Unix socket's path has to fit into 108 bytes, or fewer.
#[test]
fn a_directory_with_a_long_path_is_told_in_a_sentence() {
    let place = Program::new("sh");
    let long = place.temporary().join("long".repeat(30));
    get(fs::create_dir(&long), "mkdir");
    let text = long.to_string_lossy();
    let told = Program::example(NAME).env("TMPDIR", &text).run();
    let why = ["bind a Unix socket: ", "SUN_LEN: set a shorter TMPDIR"];
    let _ = told.refused(1, &why);
    // It left nothing there, or this could not be removed.
    get(fs::remove_dir(&long), "rmdir");
}

#[test]
fn it_has_a_command_line_with_manners() {
    let path = Program::example(NAME).path();
    demo::answers_its_command_line(&path, NAME);
    demo::needs_a_terminal_for_step(&path);
    demo::ends_quietly_without_a_reader(&path);
}

#[test]
fn it_can_be_shown_step_by_step_and_stopped() {
    let path = Program::example(NAME).path();
    demo::steps_on_a_terminal(&path);
    demo::fits_its_terminal(&path);
    demo::is_stopped_at_any_step(&path);
    demo::is_stopped_at_any_line(&path);
}
