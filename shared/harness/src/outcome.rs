//! How a program ended, and what it printed until then.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// How a program ended.
#[derive(Debug)]
pub struct Outcome {
    /// What it printed to standard output.
    pub stdout: String,
    /// What it printed to standard error.
    pub stderr: String,
    /// Its exit status.
    pub status: ExitStatus,
}

impl Outcome {
    /// The exit status as a shell gives it: 128 + N for signal N.
    #[must_use]
    pub fn shell_status(&self) -> i32 {
        shell_status(self.status)
    }

    /// Itself, if it ended well and printed nothing to standard error.
    ///
    /// # Panics
    ///
    /// If not.
    #[must_use]
    pub fn well(self) -> Self {
        assert!(self.shell_status() == 0 && self.stderr.is_empty(), "{self:?}");
        self
    }

    /// Itself, if it ended with `status` and one sentence on standard error
    /// that contains `words`.
    ///
    /// # Panics
    ///
    /// If not.
    #[must_use]
    pub fn refused(self, status: i32, words: &[&str]) -> Self {
        assert_eq!(self.shell_status(), status, "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "one sentence: {self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in {self:?}");
        }
        self
    }
}

/// An exit status as a shell gives it: 128 + N for signal N.
pub(crate) fn shell_status(status: ExitStatus) -> i32 {
    let signal = status.signal().map(|number| 128 + number);
    status.code().or(signal).unwrap_or(-1)
}
