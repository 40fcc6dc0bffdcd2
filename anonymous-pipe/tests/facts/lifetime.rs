//! How long bytes live, and when a pipe ends.

use harness::experiment::waits;
use harness::get;
use nix::errno::Errno;
use nix::unistd::{dup, pipe, read, write};

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

/// [AP-52] Without a reader write is an error, and a signal, which Rust
/// programs ignore from their start.
#[test]
fn a_pipe_without_a_reader_answers_epipe() {
    let (read_end, write_end) = get(pipe(), "pipe");
    drop(read_end);
    assert_eq!(write(&write_end, b"x"), Err(Errno::EPIPE));
}
