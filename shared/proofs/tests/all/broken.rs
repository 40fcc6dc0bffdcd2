//! What the exercises ask for when a line is deleted, and nothing hangs, or
//! not for ever. What hangs is in exercises.rs.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{Write, pipe};

use harness::experiment::becomes;
use harness::{Home, Program, Signal, get};
use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use shared::frame::{FrameReader, HEADER};
use shared::observe::hang;

/// The frames without the line that says `// BREAK 1`: see build.rs.
#[allow(
    clippy::all,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "a line is missing, and half of it is not used here"
)]
mod frame {
    include!(concat!(env!("OUT_DIR"), "/frame.rs"));
}

/// Where the line stands, its label, and the line.
pub(crate) const LINES: [(&str, &str, &str); 3] = [
    ("named-pipe-bidi/src/main.rs", "// BREAK 1", "drop(both);"),
    (
        "named-pipe-uni/src/client.rs",
        "// BREAK 2",
        "fcntl(&fifo, plain).named(\"fcntl F_SETFL\")?;",
    ),
    (
        "shared/src/frame/reader.rs",
        "// BREAK 1",
        "self.buffer.resize(self.end.saturating_mul(2), 0);",
    ),
];

/// A client that has more to say than a FIFO holds, and a server that does not
/// read: with the line it waits, and without it is told EAGAIN. As a frame is
/// short, it is sent whole or not at all.
#[test]
fn without_its_line_a_client_does_not_wait_and_tears_no_frame() {
    let home = Home::fresh();
    let path = home.path().join("full");
    get(mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
    let how = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    let reader = get(fifo::open(&path, how), "open");
    let client = || {
        let client = Program::binary("named-pipe-uni").arg("client");
        client.arg(&path).arg("--stdin").input(format!("{LINE}\n").repeat(1000))
    };

    let waits = client().starts();
    let who = || {
        let who = Program::binary("who_holds");
        who.arg(waits.process().to_string()).run().well().stdout
    };
    let waits_for_room = || who().contains("sleeps in write(3)");
    assert!(becomes(waits_for_room), "with the line it waits: {}", who());
    assert!(hang::is_stuck(waits.process()), "with the line it waits");
    drop(waits);
    let arrived = whole_frames(&reader);

    let words = [3, libc::F_SETFL, 0];
    let broken = client().without(libc::SYS_fcntl, &words).run();
    let _ = broken.refused(1, &["send: EAGAIN"]);
    assert_eq!(whole_frames(&reader), arrived);
    assert!(arrived > 10, "{arrived}");
}

/// What the client has to say, a thousand times: some fill a FIFO.
const LINE: &str = "a line that is not long, but longer than ping: a pipe \
                    that holds 65536 bytes holds some hundreds of them";

/// Takes all that is there, which are lines, and then an end of file.
fn whole_frames(reader: &File) -> usize {
    let mut frames = FrameReader::new(reader);
    let mut count = 0;
    while let Some(frame) = get(frames.recv(), "recv") {
        assert_eq!(frame, LINE.as_bytes());
        count += 1;
    }
    count
}

/// The story checks what it says, and says that this is not so.
#[test]
fn without_its_line_the_bytes_stay_and_the_story_stops_there() {
    let ended = Program::example("named_pipe_bidi_1").run();
    assert_eq!(ended.stdout.matches("   6 bytes wait").count(), 2, "{ended:?}");
    assert!(ended.stdout.contains("open(both, O_RDWR) = 4"), "{ended:?}");
    let _ = ended.refused(1, &["does not: the bytes are gone"]);
}

/// It waits in the read that was not to wait: for the byte of a signal.
#[test]
fn without_its_line_a_server_takes_no_message_and_ctrl_c_ends_it() {
    let words = [3, libc::F_SETFL, libc::O_NONBLOCK];
    let server = Program::binary("named-pipe-uni").arg("server");
    let mut server = server.without(libc::SYS_fcntl, &words).starts();
    server.shows("I wait", 1);
    let client = Program::binary("named-pipe-uni").in_home_of(&server);
    let _ = client.arg("client").run().well();
    assert!(hang::is_stuck(server.process()), "it hangs");
    server.send(Signal::SIGINT);
    let ended = server.ends();
    assert_eq!(ended.shell_status(), 130, "{ended:?}");
    assert!(!ended.stdout.contains("ping"), "{ended:?}");
}

/// A read into a buffer that has no room answers 0, which passes for an end of
/// file. Here nobody has left.
#[test]
fn without_its_line_a_frame_that_fills_the_buffer_seems_torn() {
    let (read_end, mut write_end) = get(pipe(), "pipe");
    let mut read_end = frame::FrameReader::new(read_end);
    let mut send = |length: u32| {
        get(write_end.write_all(&length.to_le_bytes()), "write");
        let payload = vec![b'x'; length as usize];
        get(write_end.write_all(&payload), "write");
    };
    let fits = 8 * 1024 - HEADER;
    send(u32::try_from(fits).unwrap_or(0));
    let frame = get(read_end.recv(), "recv").map(<[u8]>::len);
    assert_eq!(frame, Some(fits));
    send(u32::try_from(fits).unwrap_or(0) + 1);
    let torn = read_end.recv().map(|frame| frame.map(<[u8]>::len));
    let missing_one = frame::FrameError::Truncated { missing: 1 };
    assert_eq!(format!("{torn:?}"), format!("Err({missing_one:?})"));
}
