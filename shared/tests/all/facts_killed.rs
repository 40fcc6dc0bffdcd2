//! What a writer leaves that dies inside a frame.

use std::io::pipe;
use std::process::Stdio;

use harness::{Program, get};
use nix::sys::signal::Signal;
use shared::frame::{FrameError, FrameReader};
use shared::observe::hang;

const LENGTH: usize = 2 << 20;

/// [SH-16] Nobody takes back what is in the pipe. Only the length in front says
/// that something is missing.
#[test]
fn a_writer_that_is_killed_leaves_a_part_of_its_frame() {
    let (reader, writer) = get(pipe(), "pipe");
    // The header says 2 MiB. The payload, one write, is more than fits.
    let line =
        "printf '\\0\\0\\040\\0'; exec dd if=/dev/zero bs=2097152 count=1";
    let writer = Program::new("sh")
        .args(&["-c", line])
        .start_between(Stdio::null(), writer);
    assert!(hang::is_stuck(writer.process()), "half done, for lack of room");
    writer.send(Signal::SIGKILL);
    assert_eq!(writer.ends(), 137);
    let mut reader = FrameReader::new(reader).with_limit(LENGTH);
    let Err(FrameError::Truncated { missing }) = reader.recv() else {
        panic!("a whole frame")
    };
    assert!(0 < missing && missing < LENGTH, "{missing}");
}
