//! What a cell of the two tables takes: a pipe that is as full as its row
//! says, and a child that makes the call.

use std::fmt;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd::{ForkResult, fork, pipe, read, write};
use shared::bug;
use shared::observe::hang;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

/// How full a pipe is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum State {
    Empty,
    /// One byte is in it.
    Byte,
    /// There is room for one page, and not for a byte more.
    PageFree,
    /// There is room for one byte.
    ByteFree,
    Full,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Empty => "empty",
            Self::Byte => "1 byte",
            Self::PageFree => "1 page free",
            Self::ByteFree => "1 byte free",
            Self::Full => "full",
        })
    }
}

/// A pipe with something in it.
pub(crate) struct Filled {
    pub(crate) read_end: OwnedFd,
    pub(crate) write_end: OwnedFd,
    /// Bytes in it, and bytes that it has room for.
    pub(crate) held: usize,
    pub(crate) room: usize,
}

impl Filled {
    /// Fills a new pipe to the last byte, in whole pages. Then it takes out
    /// what there is to be room for, and puts back what there is not.
    pub(crate) fn new(state: State, page: usize) -> Result<Self, Stop> {
        let (read_end, write_end) = pipe().named("pipe")?;
        set_flags(&write_end, OFlag::O_NONBLOCK)?;
        let (block, mut all) = (vec![0; page], 0);
        while let Ok(count) = write(&write_end, &block) {
            all += count;
        }
        let (out, back) = match state {
            State::Empty => (all, 0),
            State::Byte => (all, 1),
            State::PageFree => (page, 0),
            State::ByteFree => (page, page - 1),
            State::Full => (0, 0),
        };
        let taken = read(&read_end, &mut vec![0; out]).named("read")?;
        let added = write(&write_end, &block[..back]).named("write")?;
        must((taken, added) == (out, back), state)?;
        set_flags(&write_end, OFlag::empty())?;
        let room = out - back;
        Ok(Self { read_end, write_end, held: all - room, room })
    }
}

/// Sets the flags of an open file description: fcntl(2), `F_SETFL`.
pub(crate) fn set_flags(end: impl AsFd, flags: OFlag) -> Result<(), Stop> {
    fcntl(end, FcntlArg::F_SETFL(flags)).named("fcntl")?;
    Ok(())
}

/// Makes a call in a child, and says what it answered. None means that it
/// waits: then the child is ended, because its guard is dropped.
pub(crate) fn tried(
    call: impl FnOnce() -> nix::Result<usize>,
) -> Result<Option<nix::Result<usize>>, Stop> {
    let (back, out) = pipe().named("pipe")?;
    // SAFETY: this process has one thread.
    let child = match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => ChildGuard::new(child),
        ForkResult::Child => {
            ways_out::end_with_parent();
            // A count, or an errno below zero: so the kernel itself has it.
            let answer = match call() {
                Ok(count) => i32::try_from(count).unwrap_or(i32::MAX),
                Err(errno) => -(errno as i32),
            };
            let told = write(&out, &answer.to_ne_bytes()).is_ok();
            // SAFETY: it ends this process; nothing is used after it.
            unsafe { libc::_exit(i32::from(!told)) }
        }
    };
    if hang::is_stuck(child.pid()) {
        return Ok(None);
    }
    bug::ends_well(child)?;
    let mut answer = [0; 4];
    must(read(&back, &mut answer) == Ok(4), "the child has answered")?;
    let answer = i32::from_ne_bytes(answer);
    Ok(Some(match usize::try_from(answer) {
        Ok(count) => Ok(count),
        Err(_) => Err(Errno::from_raw(-answer)),
    }))
}
