//! Whatever bytes come, however they come.

use std::io::{ErrorKind, Write};
use std::sync::Barrier;
use std::thread;

use harness::get;
use shared::frame::FrameWriter;
use shared::observe;

use super::{ends_when_told, frames_to, messages, opened, serving};

/// [SH-11] From nothing to the limit, which is more than a pipe holds.
#[test]
fn messages_of_any_length_up_to_the_limit_arrive() {
    let (server, path) = serving();
    let mut frames = frames_to(&path);
    let lengths = [0, 1, 256, 257, 4092, 4093, 65532, 65536, 65537, 1 << 20];
    for length in lengths {
        get(frames.send(&vec![b'x'; length]), length);
    }
    drop(frames);
    let shown = messages(&ends_when_told(server, &path));
    for (message, length) in shown.iter().zip(lengths) {
        let xs = "x".repeat(length.min(256));
        let expected = match length {
            0..=256 => format!("\"{xs}\""),
            _ => format!("\"{xs}\"... ({length} bytes)"),
        };
        assert_eq!(*message, expected);
    }
    assert_eq!(shown.len(), lengths.len() + 1);
}

/// [NU-22] One frame in many reads: each byte is read before the next one is
/// written, so the stream is cut at every place there is.
#[test]
fn a_frame_may_be_cut_at_every_byte() {
    let (mut server, path) = serving();
    let mut client = opened(&path);
    let stream = b"\x04\0\0\0ping\0\0\0\0\x05\0\0\0hello";
    for byte in stream {
        get(client.write_all(&[*byte]), "write");
        if cfg!(target_os = "linux") {
            // The server's reads empty the pipe, and FIONREAD tells.
            while !observe::bytes_waiting(&client).agrees_with(0) {
                thread::yield_now();
            }
        }
    }
    server.shows("3: \"hello\"", 1);
    drop(client);
    let shown = messages(&ends_when_told(server, &path));
    assert_eq!(shown, ["\"ping\"", "\"\"", "\"hello\"", "\"end\""]);
}

/// [NU-22] Many frames in one read.
#[test]
fn frames_that_come_in_one_read_are_told_apart() {
    let (server, path) = serving();
    let mut stream = Vec::new();
    let mut frames = FrameWriter::new(&mut stream);
    for number in 0..500 {
        get(frames.send(format!("{number}").as_bytes()), "send");
    }
    get(opened(&path).write_all(&stream), "write");
    let shown = messages(&ends_when_told(server, &path));
    let sent: Vec<_> = (0..500).map(|n| format!("\"{n}\"")).collect();
    assert_eq!(shown[..500], sent);
}

/// Colours, a cleared screen, a new title, a bell, a line that overwrites
/// itself, a mark that turns the direction: shown, and not obeyed.
#[test]
fn nothing_that_a_client_sends_can_steer_the_terminal() {
    let (server, path) = serving();
    let mut frames = frames_to(&path);
    let sent: [(&[u8], &str); 8] = [
        (b"\x1b[31mred", r#""\u{1b}[31mred""#),
        (b"\x1b]0;title\x07", r#""\u{1b}]0;title\u{7}""#),
        (b"a\rb\nc\td", r#""a\rb\nc\td""#),
        ("\u{9b}2J\u{202e}".as_bytes(), r#""\u{9b}2J\u{202e}""#),
        (b"caf\xe9 \xff\xfe", r#""caf\xe9 \xff\xfe""#),
        ("Grüße, 世界".as_bytes(), "\"Grüße, 世界\""),
        (b"a \"quote\" and a \\", r#""a \"quote\" and a \\""#),
        (b"\x7f\x00", r#""\u{7f}\0""#),
    ];
    for (message, _) in sent {
        get(frames.send(message), "send");
    }
    drop(frames);
    let shown = ends_when_told(server, &path);
    let plain = |c: char| c == '\n' || !c.is_control();
    assert!(shown.chars().all(plain), "{shown:?}");
    let expected: Vec<_> = sent.iter().map(|(_, shown)| *shown).collect();
    assert_eq!(messages(&shown)[..sent.len()], expected);
}

/// [SH-13] A write of at most `PIPE_BUF` bytes, the header among them, is
/// never mixed with another writer's.
#[test]
fn fifty_writers_at_once_tear_and_lose_nothing() {
    const WRITERS: usize = 50;
    const EACH: usize = 40;
    let (server, path) = serving();
    let start = Barrier::new(WRITERS);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (path, start) = (&path, &start);
            scope.spawn(move || {
                let mut frames = frames_to(path);
                start.wait();
                for number in 0..EACH {
                    // As long as may be, and shorter.
                    let length = 4092 - (writer * EACH + number) % 2000;
                    let text = format!("w{writer} n{number} ");
                    let mut payload = text.into_bytes();
                    payload.resize(length, b'.');
                    get(frames.send(&payload), "send");
                }
            });
        }
    });
    let shown = ends_when_told(server, &path);
    let shown = messages(&shown);
    assert_eq!(shown.len(), WRITERS * EACH + 1, "none lost, none too many");
    let mut next = [0; WRITERS];
    for message in &shown[..WRITERS * EACH] {
        let mut words = message.trim_start_matches("\"w").split(" n");
        let mut number = || {
            let word = words.next().unwrap_or_default();
            let word = word.split(' ').next().unwrap_or_default();
            get(word.parse::<usize>(), message)
        };
        let (writer, number) = (number(), number());
        assert_eq!(number, next[writer], "each writer's are in order");
        next[writer] += 1;
        let length = 4092 - (writer * EACH + number) % 2000;
        assert!(message.ends_with(&format!("({length} bytes)")), "{message}");
    }
}

/// [SH-20] Alone, a client that dies inside a frame is an end of file inside
/// a frame.
#[test]
fn a_frame_whose_only_writer_dies_is_noticed_at_once() {
    let stream = b"\x04\0\0\0ping\x04\0\0\0pong";
    for cut in 9..stream.len() {
        let (mut server, path) = serving();
        get(opened(&path).write_all(&stream[..cut]), "write");
        server.shows("out of step at byte 8 of the stream", 1);
        server.shows("end of file", 1);
        // The next client starts with a fresh stream.
        let shown = messages(&ends_when_told(server, &path));
        assert_eq!(shown, ["\"ping\"", "\"end\""]);
    }
}

/// [SH-20] Beside another writer it cannot be noticed: the next frame's bytes
/// complete the torn one, and what is read then is out of step. [NU-45] The
/// bytes would still be there for whoever opened the same FIFO anew.
#[test]
fn a_torn_frame_beside_another_writer_swallows_the_next_one() {
    let (mut server, path) = serving();
    let mut innocent = opened(&path);
    get(opened(&path).write_all(b"\x08\0\0\0torn"), "write");
    get(innocent.write_all(b"\x04\0\0\0ping"), "write");
    server.shows("1: \"torn\\u{4}\\0\\0\\0\"", 1);
    // "ping" is taken for a length.
    server.shows("byte 12 of the stream: a frame of 1735289200 bytes", 1);
    server.shows("gets EPIPE", 1);
    // The one whose frame was lost learns it, however late it writes again,
    // and the next client is served.
    let mut next = frames_to(&path);
    get(next.send(b"hello"), "send");
    server.shows("2: \"hello\"", 1);
    let told = innocent.write(b"\x04\0\0\0ping").map_err(|e| e.kind());
    assert_eq!(told, Err(ErrorKind::BrokenPipe));
    drop(next);
    let _ = ends_when_told(server, &path);
}

/// A generator of bytes that are the same in every run: splitmix64.
fn garbage(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (0..length).map(|_| next().to_le_bytes()[0]).collect()
}

/// Whatever it is, the server gives up the stream, and serves the next client.
#[test]
fn a_server_outlives_garbage() {
    let (mut server, path) = serving();
    for seed in 1..=40_usize {
        let mut bytes = garbage(seed as u64, 4 + seed * seed);
        // A length beyond the limit. Other garbage is a frame by chance, as
        // in the tests above.
        bytes[3] |= 0x10;
        get(opened(&path).write_all(&bytes), "write");
        server.shows("out of step at byte", seed);
        server.shows("gets EPIPE", seed);
        let mut frames = frames_to(&path);
        get(frames.send(b"well"), "send");
        server.shows("\"well\"", seed);
    }
    let _ = ends_when_told(server, &path);
}
