//! A program that nobody listens to.

use std::process::Child;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::home::Home;

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
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = killpg(self.process(), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}
