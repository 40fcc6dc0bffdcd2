//! A child that must not outlive the story: it is ended when its guard is
//! dropped. The signal handler knows the same.

use std::process::Child;
use std::sync::atomic::Ordering;

use nix::sys::signal::{self, Signal};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::CHILDREN;
use crate::stop::{Stop, errno, uninterrupted};

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

    /// The child's process number.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.0
    }

    /// For a child that left before its part was told: waits for it, so that
    /// its own sentence comes first, and says how it ended.
    #[must_use]
    pub fn left_early(self) -> Stop {
        match uninterrupted(|| waitpid(self.0, None)) {
            Ok(how) => {
                self.reaped();
                Stop::Failed(format!("the other side left early: {how:?}"))
            }
            Err(e) => Stop::Failed(format!("waitpid: {}", errno(e))),
        }
    }

    /// The child was waited for: its number may soon be somebody else's.
    pub fn reaped(self) {
        replace_child(self.0.as_raw(), 0);
        std::mem::forget(self);
    }
}

impl Drop for ChildGuard {
    fn drop(&mut self) {
        // An error is on its way already; there is no better one to report.
        let _ = signal::kill(self.0, Signal::SIGKILL);
        replace_child(self.0.as_raw(), 0);
        let _ = uninterrupted(|| waitpid(self.0, None));
    }
}

/// Puts `new` where `old` stands in the handler's list, once.
fn replace_child(old: i32, new: i32) {
    let seq = Ordering::SeqCst;
    let _ = CHILDREN
        .iter()
        .any(|slot| slot.compare_exchange(old, new, seq, seq).is_ok());
}
