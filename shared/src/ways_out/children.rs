//! A child that must not outlive the story: it is ended when its guard is
//! dropped. The signal handler knows the same.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::process::Child;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::{env, ptr};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{self, SaFlags, SigAction, SigHandler};
use nix::sys::signal::{SigSet, Signal, sigaction};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::{CHILDREN, OWNER, PARTNER, clean_up, last_words};
use crate::stop::{Named, Stop, errno, uninterrupted};

/// A child that must not outlive the story.
#[derive(Debug)]
pub struct ChildGuard(Pid);

impl ChildGuard {
    /// Ends this child, too, when the story ends early. A signal ends the
    /// first 64 of them; no story here has more.
    #[must_use]
    pub fn new(child: Pid) -> Self {
        replace_child(0, child.as_raw());
        Self(child)
    }

    /// The same for a program that was started.
    #[must_use]
    pub fn of(child: &Child) -> Self {
        Self::new(Pid::from_raw(child.id().cast_signed()))
    }

    /// The story cannot go on without this child, and may wait for it where
    /// nothing tells of its death: an open waits for another open, and a FIFO
    /// that is open `O_RDWR` has no end of file. The kernel tells the parent,
    /// by SIGCHLD. So a child that fails, or that a signal ends, ends the
    /// story.
    ///
    /// # Errors
    ///
    /// As sigaction(2) "ERRORS" lists.
    pub fn or_the_story_ends(self) -> Result<Self, Stop> {
        NAME.get_or_init(|| {
            let path = env::current_exe().unwrap_or_default();
            path.file_name().unwrap_or_default().display().to_string()
        });
        PARTNER.store(self.0.as_raw(), Ordering::SeqCst);
        // SA_RESTART: a child that ends well interrupts no call. No signal
        // that ends this program shall be cleaned up for twice.
        let how = SaFlags::SA_RESTART | SaFlags::SA_NOCLDSTOP;
        let handler = SigHandler::Handler(child_ended);
        let action = SigAction::new(handler, how, SigSet::all());
        // SAFETY: `child_ended` only makes calls that signal-safety(7) lists.
        unsafe { sigaction(Signal::SIGCHLD, &action) }.named("sigaction")?;
        // It may have died before that.
        signal::raise(Signal::SIGCHLD).named("raise")?;
        Ok(self)
    }

    /// The child's process number.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.0
    }

    /// For a child that left before its part was told: waits for it, so that
    /// its own sentence comes first, and says how it ended.
    #[must_use]
    pub fn left_early(self) -> Stop {
        let ended = uninterrupted(|| waitpid(self.0, None));
        let child = self.0;
        self.reaped();
        Stop::Failed(match ended {
            Ok(how) => {
                format!("the other side left early: {}", end(child, how))
            }
            // nix has waited for it, and knows no name for its signal.
            Err(Errno::EINVAL) => "a signal ended the other side".into(),
            Err(e) => format!("waitpid: {}", errno(e)),
        })
    }

    /// For a child that was waited for, and had to end with exit status 0.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`], with how it ended instead.
    pub fn ended(self, how: WaitStatus) -> Result<(), Stop> {
        let child = self.0;
        self.reaped();
        match how {
            WaitStatus::Exited(_, 0) => Ok(()),
            bad => Err(Stop::Failed(end(child, bad))),
        }
    }

    /// The child was waited for: its number may soon be somebody else's.
    pub fn reaped(self) {
        no_partner(self.0);
        replace_child(self.0.as_raw(), 0);
        std::mem::forget(self);
    }
}

impl Drop for ChildGuard {
    fn drop(&mut self) {
        // What ends it now is no surprise.
        no_partner(self.0);
        // An error is on its way already; there is no better one to report.
        let _ = signal::kill(self.0, Signal::SIGKILL);
        replace_child(self.0.as_raw(), 0);
        let _ = uninterrupted(|| waitpid(self.0, None));
    }
}

/// How a child ended, as a sentence.
fn end(child: Pid, how: WaitStatus) -> String {
    match how {
        WaitStatus::Exited(_, status) => {
            format!("child {child} exited with status {status}")
        }
        WaitStatus::Signaled(_, signal, _) => {
            format!("{signal} ended child {child}")
        }
        other => format!("child {child}: {other:?}"),
    }
}

/// What the handler calls this program.
static NAME: OnceLock<String> = OnceLock::new();

/// The handler of SIGCHLD: says how the partner ended, and leaves. A partner
/// that ended well the story learns of by itself.
extern "C" fn child_ended(_signal: c_int) {
    let before = Errno::last();
    let child = PARTNER.load(Ordering::SeqCst);
    if let Some(bad) = bad_end(child) {
        let name = NAME.get().map_or("", String::as_str);
        let (subject, verb) = match bad {
            // A real-time signal has no name.
            BadEnd::Killed(signal) => (
                signal.map_or("a signal", Signal::as_str),
                " ended the other side",
            ),
            // Why, it has said itself.
            BadEnd::Failed => ("the other side", " has failed"),
        };
        // One line, one write, and nothing is allocated.
        let mut line = [0; 160];
        let mut end = 0;
        for part in [name, ": ", subject, verb, "\n"] {
            let room = line.len().min(end + part.len());
            line[end..room].copy_from_slice(&part.as_bytes()[..room - end]);
            end = room;
        }
        last_words(&line[..end]);
        // SAFETY: a null pointer asks for no status.
        unsafe { libc::waitpid(child, ptr::null_mut(), 0) };
        replace_child(child, 0);
        clean_up();
        // SAFETY: it ends the program here, without its destructors.
        unsafe { libc::_exit(1) }
    }
    // The call that was interrupted may be about to look at its errno.
    before.set();
}

/// An end that the story did not ask for.
enum BadEnd {
    Killed(Option<Signal>),
    Failed,
}

/// How a child ended, if it ended badly. It stays as it is, to be waited for.
fn bad_end(child: i32) -> Option<BadEnd> {
    // SAFETY: getpid touches no memory. A forked child has no children.
    if child <= 0 || unsafe { libc::getpid() } != OWNER.load(Ordering::SeqCst) {
        return None;
    }
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let how = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    let child = libc::id_t::try_from(child).ok()?;
    // SAFETY: there is room for the answer.
    unsafe { libc::waitid(libc::P_PID, child, info.as_mut_ptr(), how) };
    // SAFETY: all zeroes, which is no end, or what waitid has filled in.
    let info = unsafe { info.assume_init() };
    // SAFETY: waitid fills it in for a child that has ended, and has left the
    // zero where there is none.
    let status = unsafe { info.si_status() };
    match info.si_code {
        libc::CLD_KILLED | libc::CLD_DUMPED => {
            Some(BadEnd::Killed(Signal::try_from(status).ok()))
        }
        libc::CLD_EXITED if status != 0 => Some(BadEnd::Failed),
        _ => None,
    }
}

fn no_partner(child: Pid) {
    let (old, seq) = (child.as_raw(), Ordering::SeqCst);
    let _ = PARTNER.compare_exchange(old, 0, seq, seq);
}

/// Puts `new` where `old` stands in the handler's list, once.
fn replace_child(old: i32, new: i32) {
    let seq = Ordering::SeqCst;
    let _ = CHILDREN
        .iter()
        .any(|slot| slot.compare_exchange(old, new, seq, seq).is_ok());
}
