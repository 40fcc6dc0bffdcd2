//! The self-pipe: a pipe from a process to itself, so that poll(2) can wait
//! for a signal as it waits for bytes.
//!
//! A handler may do very little: not print, not allocate. It could set a flag.
//! But a signal that comes after the look at the flag, and before poll sleeps,
//! would wake nobody. A byte in a pipe cannot be missed: it waits, and poll
//! finds it. Man pages: pipe(7), signal-safety(7), poll(2).

use std::ffi::c_int;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet};
use nix::sys::signal::{Signal, sigaction};
use nix::unistd::pipe;
use shared::observe::{self, Seen};
use shared::stop::{Named, Stop};

/// The write end, for the handler; -1 before there is one. It stays open as
/// long as the process lives, since a signal can come as long as that.
static WRITE_END: AtomicI32 = AtomicI32::new(-1);

/// The read end: ready when a signal has come.
#[derive(Debug)]
pub(crate) struct SelfPipe(File);

impl SelfPipe {
    /// From now on Ctrl-C and SIGTERM are bytes in this pipe, and so is
    /// SIGHUP, unless nohup(1) asked to ignore it.
    ///
    /// # Errors
    ///
    /// As pipe(2), fcntl(2) and sigaction(2) "ERRORS" list.
    pub(crate) fn install() -> Result<Self, Stop> {
        let (read_end, write_end) = pipe().named("pipe")?;
        for end in [&read_end, &write_end] {
            // Neither end may wait: a handler that waited for room would stop
            // the program in the middle of whatever it did.
            let how = FcntlArg::F_SETFL(OFlag::O_NONBLOCK);
            fcntl(end, how).named("fcntl F_SETFL")?; // BREAK 1
            // No program that is started from here has a use for it.
            let how = FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC);
            fcntl(end, how).named("fcntl F_SETFD")?;
        }
        WRITE_END.store(OwnedFd::into_raw_fd(write_end), Ordering::SeqCst);

        // SA_RESTART: no other call needs to know of signals. poll is
        // interrupted all the same, see signal(7).
        let handler = SigHandler::Handler(note);
        let action =
            SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            // SIGHUP ignored is a wish, nohup(1)'s. SIGINT ignored is not: a
            // shell without job control does that to whatever ends in `&`.
            let ignored = observe::ignored(signal) == Seen(Some(true));
            if ignored && signal == Signal::SIGHUP {
                continue;
            }
            // SAFETY: `note` only makes calls that signal-safety(7) lists.
            unsafe { sigaction(signal, &action) }.named("sigaction")?;
        }
        Ok(Self(File::from(read_end)))
    }

    /// The signal that has come, if one has. It does not wait.
    ///
    /// # Errors
    ///
    /// As read(2) "ERRORS" lists.
    pub(crate) fn came(&self) -> Result<Option<Signal>, Stop> {
        let mut number = [0];
        // read_exact asks again after a signal, which is what comes here.
        match (&self.0).read_exact(&mut number) {
            Ok(()) => {
                let signal = Signal::try_from(c_int::from(number[0]));
                signal.map(Some).named("read the self-pipe")
            }
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
            Err(e) => Err(e).named("read the self-pipe"),
        }
    }
}

impl AsFd for SelfPipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The handler: one byte into the pipe, which any signal's number fits. errno
/// stays as it was: the call that was interrupted may be about to look at it.
extern "C" fn note(signal: c_int) {
    let before = Errno::last();
    let byte = signal.to_le_bytes();
    let write_end = WRITE_END.load(Ordering::SeqCst);
    // SAFETY: it reads one byte, and there is one. A full pipe refuses it: so
    // many signals wait already that one more would say nothing new.
    unsafe { libc::write(write_end, byte.as_ptr().cast(), 1) };
    before.set();
}
