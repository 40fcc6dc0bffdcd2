//! A FIFO in a directory of its own, and ways to open it.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use harness::{Home, get};
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

/// A name, and the directory that goes with it.
pub(crate) struct Fifo {
    path: PathBuf,
    _home: Home,
}

impl Fifo {
    /// Only its owner may use it, for reading, for writing, or both.
    pub(crate) fn of_mode(mode: Mode) -> Self {
        let home = Home::fresh();
        let path = home.path().join("fifo");
        get(mkfifo(&path, mode), "mkfifo");
        Self { path, _home: home }
    }

    pub(crate) fn new() -> Self {
        Self::of_mode(Mode::S_IRUSR | Mode::S_IWUSR)
    }

    pub(crate) fn opened(&self, how: OFlag) -> nix::Result<OwnedFd> {
        open(&self.path, how, Mode::empty())
    }

    /// Both ends in one description.
    #[cfg(target_os = "linux")]
    pub(crate) fn both(&self) -> OwnedFd {
        get(self.opened(OFlag::O_RDWR), "open O_RDWR")
    }
}
