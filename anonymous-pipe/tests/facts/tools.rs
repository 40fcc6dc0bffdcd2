//! What several experiments need: a pipe that does not wait, and answers from
//! the kernel.

use std::os::fd::{AsFd, OwnedFd};

use harness::get;
pub(crate) use harness::pipes::waiting;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{pipe, write};

/// A pipe whose ends both answer EAGAIN where they would wait.
pub(crate) fn nonblocking_pipe() -> (OwnedFd, OwnedFd) {
    let (read_end, write_end) = get(pipe(), "pipe");
    set_flags(&read_end, OFlag::O_NONBLOCK);
    set_flags(&write_end, OFlag::O_NONBLOCK);
    (read_end, write_end)
}

/// Sets the flags of an open file description.
pub(crate) fn set_flags(fd: impl AsFd, flags: OFlag) {
    get(fcntl(fd, FcntlArg::F_SETFL(flags)), "F_SETFL");
}

/// The access mode and the flags of an open file description.
pub(crate) fn flags(fd: impl AsFd) -> OFlag {
    OFlag::from_bits_retain(get(fcntl(fd, FcntlArg::F_GETFL), "F_GETFL"))
}

/// Writes pieces of this many bytes until the answer is EAGAIN; says how many
/// bytes went in.
pub(crate) fn fill(write_end: &OwnedFd, piece: usize) -> usize {
    let (piece, mut total) = (vec![b'.'; piece], 0);
    loop {
        match write(write_end, &piece) {
            Ok(count) => total += count,
            Err(e) => {
                assert_eq!(e, Errno::EAGAIN);
                return total;
            }
        }
    }
}

/// What poll says of a descriptor at this moment.
pub(crate) fn ready(fd: impl AsFd, asked: PollFlags) -> PollFlags {
    let mut one = [PollFd::new(fd.as_fd(), asked)];
    get(poll(&mut one, PollTimeout::ZERO), "poll");
    one[0].revents().unwrap_or_else(|| panic!("a flag that nix lacks"))
}

#[cfg(target_os = "linux")]
pub(crate) use linux::*;

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::{AsFd, OwnedFd};
    use std::thread;

    use harness::get;
    pub(crate) use harness::pipes::{capacity, page};
    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;
    use nix::sys::memfd::{MFdFlags, memfd_create};
    use nix::sys::signal::{SigSet, Signal};

    /// Asks for a pipe of so many bytes; says how many it has then.
    pub(crate) fn resize(fd: impl AsFd, bytes: usize) -> nix::Result<usize> {
        let bytes = get(i32::try_from(bytes), "bytes");
        let given = fcntl(fd, FcntlArg::F_SETPIPE_SZ(bytes))?;
        Ok(get(usize::try_from(given), "bytes"))
    }

    /// A regular file that has no name.
    pub(crate) fn regular_file() -> OwnedFd {
        get(memfd_create("file", MFdFlags::MFD_CLOEXEC), "memfd_create")
    }

    /// Runs an experiment in a thread of its own that holds a signal back:
    /// it then stays pending, even where the process ignores it.
    pub(crate) fn holding_back<T: Send>(
        signal: Signal,
        experiment: impl FnOnce() -> T + Send,
    ) -> T {
        let run = || {
            get(SigSet::from(signal).thread_block(), "pthread_sigmask");
            experiment()
        };
        match thread::scope(|scope| scope.spawn(run).join()) {
            Ok(answer) => answer,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// Whether a signal that is held back has come since this was last asked.
    pub(crate) fn came(signal: Signal) -> bool {
        let set = SigSet::from(signal);
        let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let nowhere = std::ptr::null_mut();
        // SAFETY: it reads a set and a time, and stores nothing.
        let found = unsafe {
            libc::sigtimedwait(set.as_ref(), nowhere, &raw const now)
        };
        assert!(found == signal as i32 || Errno::last() == Errno::EAGAIN);
        found == signal as i32
    }
}
