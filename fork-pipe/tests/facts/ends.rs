//! Whoever holds an end counts, whether it is used or not.

use std::os::fd::AsFd;

use harness::experiment::{Waiting, waits};
use harness::{get, pipes};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{dup, pipe, read, write};

/// [FP-08] The copy of the read end is the child's, as fork would make it. The
/// child dies, and the pipe has a reader still: the writer.
#[test]
fn a_writer_that_keeps_a_read_end_never_sees_epipe() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let the_childs = get(dup(&read_end), "dup");
    drop(the_childs);
    pipes::does_not_wait(&write_end);
    while write(&write_end, &[0; 512]).is_ok() {}
    assert_eq!(write(&write_end, &[0; 512]), Err(Errno::EAGAIN), "full");
    drop(read_end);
    assert_eq!(write(&write_end, &[0; 512]), Err(Errno::EPIPE));
}

/// [FP-08] And without `O_NONBLOCK` it waits, for itself.
#[test]
fn a_full_pipe_whose_only_reader_is_the_writer_hangs_it() {
    let (read_end, write_end) = get(pipe(), "pipe");
    pipes::does_not_wait(&write_end);
    while write(&write_end, &[0; 512]).is_ok() {}
    pipes::waits_again(&write_end);
    let writer = waits(move || write(&write_end, &[0; 512]));
    drop(read_end);
    assert_eq!(writer.returns(), Err(Errno::EPIPE));
}

/// [FP-36] poll says what is so at this moment. Whoever reads first makes it
/// untrue for all others.
#[test]
fn one_message_wakes_every_poller_and_feeds_one() {
    let (read_end, write_end) = get(pipe(), "pipe");
    pipes::does_not_wait(&read_end);
    let waits_for_bytes = || {
        let end = get(dup(&read_end), "dup");
        waits(move || {
            let mut one = [PollFd::new(end.as_fd(), PollFlags::POLLIN)];
            poll(&mut one, PollTimeout::NONE)
        })
    };
    let pollers = [waits_for_bytes(), waits_for_bytes()];
    assert_eq!(write(&write_end, b"one"), Ok(3));
    assert_eq!(pollers.map(Waiting::returns), [Ok(1), Ok(1)]);
    assert_eq!(read(&read_end, &mut [0; 64]), Ok(3));
    assert_eq!(read(&read_end, &mut [0; 64]), Err(Errno::EAGAIN));
}
