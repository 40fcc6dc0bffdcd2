//! Sending by hand: how a frame comes to pieces, and what keeps it whole.

use std::io::{ErrorKind, IoSlice, Read, Write, pipe};

use harness::{get, pipes};
use shared::frame::FrameReader;

/// [SH-14] What two writes allow: nothing keeps another writer from coming in
/// between.
#[test]
fn a_frame_in_two_writes_may_have_anothers_frame_inside() {
    let (reader, mut one) = get(pipe(), "pipe");
    let mut other = get(one.try_clone(), "dup");
    get(one.write_all(&[10, 0, 0, 0]), "write");
    get(other.write_all(b"\x06\0\0\0BBBBBB"), "write");
    get(one.write_all(b"AAAAAAAAAA"), "write");
    let mut reader = FrameReader::new(reader);
    let Ok(Some(payload)) = reader.recv() else { panic!("a frame") };
    assert_eq!(payload, b"\x06\0\0\0BBBBBB", "the other's, header and all");
    assert!(reader.recv().is_err(), "AAAA is no length");
}

/// [SH-15] A part is in, and the answer says how much of it.
#[test]
fn a_nonblocking_write_may_send_a_part_of_a_frame() {
    let (mut reader, mut writer) = get(pipe(), "pipe");
    pipes::does_not_wait(&writer);
    let frame = vec![b'x'; 2 << 20];
    let sent = get(writer.write(&frame), "write");
    assert!(0 < sent && sent < frame.len(), "{sent} bytes");
    let rest = writer.write(&frame[sent..]).map_err(|e| e.kind());
    assert_eq!(rest, Err(ErrorKind::WouldBlock));
    drop(writer);
    let mut arrived = Vec::new();
    assert_eq!(get(reader.read_to_end(&mut arrived), "read"), sent);
}

/// [SH-18] The pipe counts pages, not frames and not bytes: of a page, a frame
/// that does not fit into its rest leaves that rest empty.
#[cfg(target_os = "linux")]
#[test]
fn how_many_frames_a_pipe_holds_depends_on_how_long_they_are() {
    let page = pipes::page();
    for payload in [0, 1, 100, 1020, 3000] {
        let (reader, mut writer) = get(pipe(), "pipe");
        pipes::does_not_wait(&writer);
        let frame = vec![b'x'; 4 + payload];
        let capacity = pipes::capacity(&reader);
        let fits = |_: &usize| writer.write(&frame).is_ok();
        let frames = (0..=capacity).take_while(fits).count();
        let pages = capacity / page;
        assert_eq!(frames, pages * (page / frame.len()), "{payload}");
    }
}

/// [SH-21] One call for two pieces of memory. Up to `PIPE_BUF` bytes in all it
/// is as whole as a write.
#[test]
fn write_vectored_sends_header_and_payload_at_once() {
    let (mut reader, mut writer) = get(pipe(), "pipe");
    let parts = [IoSlice::new(b"\x02\0\0\0"), IoSlice::new(b"hi")];
    assert_eq!(get(writer.write_vectored(&parts), "writev"), 6);
    let mut bytes = [0; 64];
    assert_eq!(get(reader.read(&mut bytes), "read"), 6, "and one read");
    assert_eq!(&bytes[..6], b"\x02\0\0\0hi");
}
