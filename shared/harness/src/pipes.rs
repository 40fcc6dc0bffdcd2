//! Pipes as experiments need them, and the numbers of this system: a test
//! types none of them in.

use std::os::fd::AsFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{PathconfVar, SysconfVar, fpathconf, sysconf};
use shared::observe::{self, Seen};

use crate::get;
use crate::watch::DEADLINE;

/// The bytes of a page, which is the room of a slot in Linux's pipes.
///
/// # Panics
///
/// If the system does not tell.
#[must_use]
pub fn page() -> usize {
    asked(sysconf(SysconfVar::PAGE_SIZE), "sysconf PAGE_SIZE")
}

/// The most bytes that a write hands over whole: `PIPE_BUF`.
///
/// # Panics
///
/// If the system does not tell.
#[must_use]
pub fn pipe_buf(end: impl AsFd) -> usize {
    asked(fpathconf(end, PathconfVar::PIPE_BUF), "fpathconf PIPE_BUF")
}

fn asked(answer: nix::Result<Option<nix::libc::c_long>>, what: &str) -> usize {
    let number = get(get(answer, what).ok_or("no limit"), what);
    get(usize::try_from(number), what)
}

/// The bytes that wait to be read.
///
/// # Panics
///
/// If the system does not tell.
#[must_use]
pub fn waiting(end: impl AsFd) -> usize {
    let Seen(Some(bytes)) = observe::bytes_waiting(end) else {
        panic!("FIONREAD");
    };
    bytes
}

/// The bytes that a pipe holds at most.
///
/// # Panics
///
/// If the system does not tell; only Linux does.
#[cfg(target_os = "linux")]
#[must_use]
pub fn capacity(end: impl AsFd) -> usize {
    let bytes = get(fcntl(end, FcntlArg::F_GETPIPE_SZ), "fcntl F_GETPIPE_SZ");
    get(usize::try_from(bytes), "capacity")
}

/// Makes a pipe, which this end is of, so many pages large. Up to what a pipe
/// has by default every user may.
///
/// # Panics
///
/// If this user may not.
#[cfg(target_os = "linux")]
pub fn resize(end: impl AsFd, pages: usize) {
    let bytes = get(i32::try_from(pages * page()), "so many pages");
    get(fcntl(end, FcntlArg::F_SETPIPE_SZ(bytes)), "fcntl F_SETPIPE_SZ");
}

/// Sets `O_NONBLOCK`, for all who share this open file description.
///
/// # Panics
///
/// If it is no open descriptor.
pub fn does_not_wait(end: impl AsFd) {
    let flags = FcntlArg::F_SETFL(OFlag::O_NONBLOCK);
    get(fcntl(end, flags), "fcntl F_SETFL");
}

/// Takes it away again.
///
/// # Panics
///
/// If it is no open descriptor.
pub fn waits_again(end: impl AsFd) {
    get(fcntl(end, FcntlArg::F_SETFL(OFlag::empty())), "fcntl F_SETFL");
}

/// What poll reports about `end` at once; asked for bytes and for room.
///
/// # Panics
///
/// If it cannot be asked.
#[must_use]
pub fn polled(end: impl AsFd) -> PollFlags {
    let asked = PollFlags::POLLIN | PollFlags::POLLOUT;
    let mut one = [PollFd::new(end.as_fd(), asked)];
    get(poll(&mut one, PollTimeout::ZERO), "poll");
    one[0].revents().unwrap_or(PollFlags::empty())
}

/// Waits until read would answer: bytes have come, or the end.
///
/// # Panics
///
/// If neither comes by the deadline.
pub fn soon_readable(end: impl AsFd) {
    let mut one = [PollFd::new(end.as_fd(), PollFlags::POLLIN)];
    let patience = get(PollTimeout::try_from(DEADLINE), "the deadline");
    assert_eq!(poll(&mut one, patience), Ok(1), "nobody writes or leaves");
}
