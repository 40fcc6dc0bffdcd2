//! What select says, and where its numbers end; and what poll does with a
//! number that means nothing.

use std::os::fd::AsFd;

use harness::get;
use nix::libc;
use nix::poll::PollFlags;
use nix::sys::select::{FdSet, select};
use nix::sys::time::TimeVal;
use nix::unistd::{pipe, write};

use crate::tools::ready;

/// [AP-49] The others in the list are answered all the same.
#[test]
fn poll_says_nval_of_a_number_that_is_not_open() {
    let mut asked = libc::pollfd { fd: i32::MAX, events: 0, revents: 0 };
    // SAFETY: it is one entry, and outlives the call.
    assert_eq!(unsafe { libc::poll(&raw mut asked, 1, 0) }, 1);
    assert_eq!(asked.revents, libc::POLLNVAL);
}

/// [AP-50] select asks whether a call would wait, and neither would.
#[test]
fn select_shows_the_end_of_file_as_readable_and_epipe_as_writable() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let (other_read, other_write) = get(pipe(), "pipe");
    drop(write_end);
    drop(other_read);
    let (mut reads, mut writes) = (FdSet::new(), FdSet::new());
    reads.insert(read_end.as_fd());
    writes.insert(other_write.as_fd());
    let mut now = TimeVal::new(0, 0);
    let count = select(None, &mut reads, &mut writes, None, &mut now);
    assert_eq!(count, Ok(2));
    assert!(reads.contains(read_end.as_fd()));
    assert!(writes.contains(other_write.as_fd()));
}

/// [AP-50] An `fd_set` is a row of bits, and not a long one.
#[test]
fn select_has_no_bit_for_large_numbers_and_poll_needs_none() {
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    use std::os::fd::{FromRawFd, OwnedFd};

    let bits = size_of::<libc::fd_set>() * 8;
    assert_eq!(bits, libc::FD_SETSIZE);
    let files = Resource::RLIMIT_NOFILE;
    let (soft, hard) = get(getrlimit(files), "getrlimit");
    let wanted = get(libc::rlim_t::try_from(bits + 1), "a limit");
    if soft < wanted && setrlimit(files, wanted, hard).is_err() {
        let why = format!("no more than {hard} files are allowed here");
        return harness::experiment::skipped(&why);
    }
    let (read_end, write_end) = get(pipe(), "pipe");
    let least = get(i32::try_from(bits), "a number");
    let large = get(fcntl(&read_end, FcntlArg::F_DUPFD(least)), "F_DUPFD");
    // SAFETY: it was made above, and this is its only owner.
    let large = unsafe { OwnedFd::from_raw_fd(large) };
    assert_eq!(write(&write_end, b"x"), Ok(1));
    assert_eq!(ready(&large, PollFlags::POLLIN), PollFlags::POLLIN);
}
