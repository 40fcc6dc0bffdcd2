//! The client, with a server and without.

use std::io::Write;
use std::os::unix::net::UnixListener;

use harness::{Program, get};
use named_pipe_uni::fifo;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use shared::frame::FrameReader;
use shared::observe;
#[cfg(target_os = "linux")]
use {shared::observe::hang, std::io::Read};

use super::{DEMO, ends_when_told, messages, serving};

/// A FIFO without a server, and the program in whose home it is.
fn lonely() -> (Program, std::path::PathBuf) {
    let home = Program::new("true");
    let path = home.temporary().join("fifo");
    get(mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
    (home, path)
}

/// [NU-12] [NU-20] ENXIO where there is a name, ENOENT where there is none.
#[test]
fn a_client_without_a_server_says_so_at_once() {
    let (_home, path) = lonely();
    let told = Program::new(DEMO).arg("client").arg(&path).run();
    let _ = told.refused(1, &["open ", "ENXIO", "nobody has it open"]);
    let told = Program::new(DEMO).arg("client").run();
    let _ = told.refused(1, &["open ", "ENOENT", "who serves makes it first"]);
}

/// Before the name is there, and before anybody reads.
#[test]
fn a_client_can_wait_for_its_server() {
    let home = Program::new("true");
    let client = Program::new(DEMO).args(&["client", "--wait"]);
    let mut client = client.in_home_of(&home).starts();
    client.shows("waiting for ", 1);
    let server = Program::new(DEMO).arg("server").in_home_of(&home).starts();
    let _ = client.ends().well();
    let told = server.ends().well().stdout;
    assert!(told.contains("101: \"end\""), "{told}");

    let (_home, path) = lonely();
    let client = Program::new(DEMO).args(&["client", "--wait"]).arg(&path);
    let mut client = client.starts();
    client.shows("waiting for ", 1);
    let mut server =
        FrameReader::new(get(fifo::open(&path, OFlag::O_RDONLY), "open"));
    let mut count = 0;
    while let Ok(Some(_)) = server.recv() {
        count += 1;
    }
    assert_eq!(count, 101);
    let _ = client.ends().well();
}

/// Waiting is no hang: no deadline ends it. Ctrl-C does.
#[test]
fn a_client_that_waits_is_not_ended_by_a_deadline() {
    let client = Program::new(DEMO).args(&["client", "--wait"]);
    let mut client = client.env("DEADLINE", "1").starts();
    client.shows("waiting for ", 1);
    // Longer than the deadline that it does not have.
    get(poll(&mut [], PollTimeout::from(1300_u16)), "poll");
    client.send(Signal::SIGINT);
    let ended = client.ends();
    assert_eq!((ended.shell_status(), ended.stderr.as_str()), (130, ""));
}

/// The newline ends a line and is no part of it; the last one may lack it.
#[test]
fn each_line_of_standard_input_is_a_message() {
    let (server, path) = serving();
    let client = Program::new(DEMO).arg("client").arg(&path).arg("--stdin");
    let client = client.input(b"one\n\n two \r\ncaf\xe9\0\nlast".as_slice());
    let told = client.run().well();
    assert!(!told.stdout.contains("Enter a name"), "{told:?}");
    let shown = messages(&ends_when_told(server, &path));
    let expected = ["one", "", " two \\r", "caf\\xe9\\0", "last", "end"]
        .map(|line| format!("\"{line}\""));
    assert_eq!(shown, expected);
}

#[test]
fn an_empty_standard_input_sends_nothing() {
    let (server, path) = serving();
    let client = Program::new(DEMO).arg("client").arg(&path).arg("--stdin");
    let _ = client.input("").run().well();
    assert_eq!(messages(&ends_when_told(server, &path)), ["\"end\""]);
}

/// A frame has a limit, and no line is cut to fit it.
#[test]
fn a_line_longer_than_a_frame_is_refused() {
    let (server, path) = serving();
    let mut input = b"short\n".to_vec();
    input.resize(6 + (1 << 20), b'x');
    input.extend(b"\n");
    input.resize(8 + (2 << 20), b'y');
    let client = Program::new(DEMO).arg("client").arg(&path).arg("--stdin");
    let told = client.input(input).run();
    let _ = told.refused(1, &["line 3 ", "1048576 bytes"]);
    let shown = messages(&ends_when_told(server, &path));
    assert_eq!(shown.len(), 3, "short, the longest there is, and end");
}

/// While it waits for a line: poll reports a write end without a reader.
#[test]
fn a_client_learns_at_once_that_its_server_is_gone() {
    let (mut server, path) = serving();
    let client = Program::new(DEMO).arg("client").arg(&path).arg("--stdin");
    let mut client = client.starts();
    client.types(b"Ada\n");
    server.shows("1: \"Ada\"", 1);
    server.send(Signal::SIGKILL);
    let _ = server.ends();
    let told = client.ends();
    let _ = told.refused(1, &["poll: POLLERR", "has closed its end"]);
}

/// [NU-44] In the middle of a write that waits for room: EPIPE.
#[cfg(target_os = "linux")]
#[test]
fn a_client_that_waits_in_write_learns_it_by_epipe() {
    let (_home, path) = lonely();
    let how = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    let mut server = get(fifo::open(&path, how), "open");
    let client = Program::new(DEMO).arg("client").arg(&path).arg("--stdin");
    let client = client.input(vec![b'x'; 1_000_000]).starts();
    let mut some = [0; 100];
    while !server.read(&mut some).is_ok_and(|count| count > 0) {
        // The client has not come yet, 0, or has not begun to write, EAGAIN.
        std::thread::yield_now();
    }
    assert!(hang::is_stuck(client.process()), "it waits for room");
    drop(server);
    let told = client.ends();
    let _ = told.refused(1, &["send: EPIPE", "has closed its end"]);
}

/// The server ends by this word, and that is no surprise to who sent it, even
/// if its own input goes on.
#[test]
fn a_client_that_sent_the_end_does_not_wait_for_more() {
    let (mut server, path) = serving();
    let client = Program::new(DEMO).arg("client").arg(&path).arg("--stdin");
    let mut client = client.starts();
    client.types(b"Ada\nend\n");
    server.shows("2: \"end\"", 1);
    let _ = server.ends().well();
    let _ = client.ends().well();
}

/// Waiting makes sense where there is no name yet, or a FIFO without a reader.
#[test]
fn a_client_does_not_wait_for_what_will_never_be_a_fifo() {
    let home = Program::new("true");
    let path = home.temporary().join("socket");
    let _socket = get(UnixListener::bind(&path), "bind");
    let wait = |path: &std::ffi::OsStr| {
        let client = Program::new(DEMO).args(&["client", "--wait"]);
        client.arg(path).run()
    };
    let _ = wait(path.as_os_str()).refused(1, &["ENXIO", "a socket"]);
    let _ = wait("".as_ref()).refused(1, &["the path is empty"]);
    let _ = wait("/dev/null".as_ref()).refused(1, &["it is a device"]);
}

/// A line may come in pieces; while it does, the server is still watched.
#[cfg(target_os = "linux")]
#[test]
fn half_a_line_is_no_message() {
    let (mut server, path) = serving();
    let client = Program::new(DEMO).arg("client").arg(&path).arg("--stdin");
    let mut client = client.starts();
    client.types(b"half");
    assert!(hang::is_stuck(client.process()));
    client.types(b" a line\nand");
    server.shows("1: \"half a line\"", 1);
    assert!(hang::is_stuck(client.process()));
    server.send(Signal::SIGTERM);
    let _ = server.ends();
    let _ = client.ends().refused(1, &["poll: POLLERR"]);
}

/// Standard input and output belong to whoever started the program, and may
/// be nonblocking. An idle interactive program before it makes them so.
#[test]
fn a_nonblocking_standard_input_loses_nothing() {
    let (server, path) = serving();
    let (read_end, mut write_end) = get(std::io::pipe(), "pipe");
    let how = FcntlArg::F_SETFL(OFlag::O_NONBLOCK);
    get(fcntl(&read_end, how), "fcntl");
    let mut client = std::process::Command::new(DEMO);
    client.arg("client").arg(&path).arg("--stdin").stdin(read_end);
    let mut client = get(client.spawn(), DEMO);
    for piece in ["half", " a line\n", "\nlast"] {
        get(write_end.write_all(piece.as_bytes()), "write");
        // Until it was read, and EAGAIN has followed.
        while !observe::bytes_waiting(&write_end).agrees_with(0) {
            std::thread::yield_now();
        }
    }
    drop(write_end);
    assert!(client.wait().is_ok_and(|status| status.success()));
    let shown = messages(&ends_when_told(server, &path));
    assert_eq!(shown, ["\"half a line\"", "\"\"", "\"last\"", "\"end\""]);
}
