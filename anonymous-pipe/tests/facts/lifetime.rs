//! How long bytes live, and when a pipe ends.

use harness::experiment::waits;
use harness::get;
use nix::errno::Errno;
use nix::unistd::{dup, pipe, read, write};

use crate::tools::nonblocking_pipe;

/// [AP-18] What was written arrives, whatever became of the writer.
#[test]
fn unread_bytes_survive_the_writer() {
    let (read_end, write_end) = get(pipe(), "pipe");
    assert_eq!(write(&write_end, b"last words"), Ok(10));
    drop(write_end);
    let mut buffer = [0; 64];
    assert_eq!(read(&read_end, &mut buffer), Ok(10));
    assert_eq!(&buffer[..10], b"last words");
    assert_eq!(read(&read_end, &mut buffer), Ok(0), "then the end of file");
}

/// [AP-19] [empty] [eof]
#[test]
fn an_empty_pipe_makes_its_reader_wait_as_long_as_there_is_a_writer() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let reader = waits(move || read(&read_end, &mut [0; 64]));
    drop(write_end);
    assert_eq!(reader.returns(), Ok(0));
}

/// [AP-19] EAGAIN is "not yet"; 0 is "never again", as often as it is asked.
#[test]
fn a_nonblocking_read_tells_an_empty_pipe_from_an_ended_one() {
    let (read_end, write_end) = nonblocking_pipe();
    assert_eq!(read(&read_end, &mut [0]), Err(Errno::EAGAIN));
    drop(write_end);
    assert_eq!(read(&read_end, &mut [0]), Ok(0));
    assert_eq!(read(&read_end, &mut [0]), Ok(0));
}

/// [AP-17] The pipe ends with the last copy of its write end, not with the
/// first.
#[test]
fn one_dup_of_the_write_end_is_enough_for_there_to_be_no_end_of_file() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let copy = get(dup(&write_end), "dup");
    drop(write_end);
    let reader = waits(move || read(&read_end, &mut [0; 64]));
    drop(copy);
    assert_eq!(reader.returns(), Ok(0));
}

/// [AP-28] Two calls of pipe, by one process or by two, are two pipes: what
/// goes into one does not come out of the other.
#[test]
fn each_call_of_pipe_makes_a_pipe_of_its_own() {
    let (one_read, one_write) = nonblocking_pipe();
    let (other_read, _other_write) = nonblocking_pipe();
    assert_eq!(write(&one_write, b"x"), Ok(1));
    assert_eq!(read(&other_read, &mut [0]), Err(Errno::EAGAIN));
    assert_eq!(read(&one_read, &mut [0]), Ok(1));
}
