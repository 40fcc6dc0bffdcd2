//! A program that nobody listens to.

use std::cell::RefCell;
use std::process::Child;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use shared::observe::hang;

use crate::experiment::becomes;
use crate::get;
use crate::home::Home;
use crate::outcome::shell_status;

/// A program that is meant to hang, and is ended with its process group.
#[derive(Debug)]
pub struct Running {
    child: Child,
    _home: Home,
}

impl Running {
    pub(crate) fn new(child: Child, home: Home) -> Self {
        Self { child, _home: home }
    }

    /// Its process number.
    #[must_use]
    pub fn process(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Sends it a signal; its children get none.
    ///
    /// # Panics
    ///
    /// If it was waited for already.
    pub fn send(&self, signal: Signal) {
        get(kill(self.process(), signal), signal);
    }

    /// Waits for its end, and answers its exit status as a shell gives it.
    ///
    /// # Panics
    ///
    /// If it does not end by the deadline.
    #[must_use]
    pub fn ends(mut self) -> i32 {
        let process = self.process();
        let child = RefCell::new(&mut self.child);
        let ended = || child.borrow_mut().try_wait().ok().flatten();
        let gone = becomes(|| ended().is_some());
        assert!(gone, "{process} goes on: {}", hang::explain(process, &[]));
        ended().map_or(-1, shell_status)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = killpg(self.process(), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}
