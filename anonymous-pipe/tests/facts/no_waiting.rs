//! Not to wait, for one call only. Linux has it since 4.14, for pipes since
//! 6.4.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd};

use harness::experiment::{at_once, kernel, skipped};
use harness::{Home, get};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc::{self, RWF_NOWAIT};
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, pipe, write};

use crate::tools::{capacity, flags};

/// A read that answers EAGAIN where it would wait.
fn read_now(fd: impl AsFd) -> nix::Result<isize> {
    let fd = get(fd.as_fd().try_clone_to_owned(), "dup");
    at_once(move || {
        let mut byte = [0];
        let mut piece = IoSliceMut::new(&mut byte);
        let (fd, pieces) = (fd.as_raw_fd(), (&raw mut piece).cast());
        // SAFETY: an IoSliceMut is an iovec, and there is one.
        let answer = unsafe { libc::preadv2(fd, pieces, 1, -1, RWF_NOWAIT) };
        Errno::result(answer)
    })
}

/// A write that answers EAGAIN where it would wait.
fn write_now(fd: impl AsFd) -> nix::Result<isize> {
    let fd = get(fd.as_fd().try_clone_to_owned(), "dup");
    at_once(move || {
        let piece = IoSlice::new(b"x");
        let (fd, pieces) = (fd.as_raw_fd(), (&raw const piece).cast());
        // SAFETY: an IoSlice is an iovec, and there is one.
        let answer = unsafe { libc::pwritev2(fd, pieces, 1, -1, RWF_NOWAIT) };
        Errno::result(answer)
    })
}

/// [AP-55] The flag would reach everybody who shares the description.
#[test]
fn one_call_can_refuse_to_wait_without_o_nonblock() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let answer = read_now(&read_end);
    if answer == Err(Errno::EOPNOTSUPP) && kernel() < (6, 4) {
        return skipped("pipes know RWF_NOWAIT since Linux 6.4");
    }
    assert_eq!(answer, Err(Errno::EAGAIN), "empty");
    let size = capacity(&write_end);
    assert_eq!(write(&write_end, &vec![b'.'; size]), Ok(size));
    assert_eq!(write_now(&write_end), Err(Errno::EAGAIN), "full");
    assert_eq!(read_now(&read_end), Ok(1), "a byte is there");
    for end in [&read_end, &write_end] {
        assert!(!flags(end).contains(OFlag::O_NONBLOCK), "no flag was set");
    }
}

/// [AP-55] So it is no cure for programs that are given any kind of pipe.
#[test]
fn a_fifo_does_not_know_how_to_refuse_for_one_call() {
    let home = Home::fresh();
    let name = home.path().join("fifo");
    get(mkfifo(&name, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
    let both = std::fs::OpenOptions::new().read(true).write(true).open(&name);
    match read_now(get(both, "open")) {
        Err(Errno::EAGAIN) => skipped("FIFOs of this kernel know RWF_NOWAIT"),
        answer => assert_eq!(answer, Err(Errno::EOPNOTSUPP)),
    }
}
