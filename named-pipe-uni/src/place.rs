//! Where a server and its clients meet if nobody names a path: one place for
//! each program and user, the same from every terminal in which the variables
//! `XDG_RUNTIME_DIR` and `TMPDIR` are the same.
//!
//! `$XDG_RUNTIME_DIR` is made for this. Where it is not set, a directory with
//! the user's number in its name has to do, in the one for temporary files:
//! there, anybody can be first. So what counts is the directory that was
//! opened: it has to be the user's own, and closed to everybody else.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{env, io};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{geteuid, mkdir};
use shared::stop::{Named, Stop, errno, uninterrupted};
use shared::ways_out::{PathGuard, hold_signals};

use crate::fifo;

/// The agreed directory. Looking for it makes nothing.
#[must_use]
pub fn agreed(program: &str) -> PathBuf {
    let me = geteuid().as_raw();
    // After su(1) the variable may still name somebody else's directory.
    let usable = |dir: &PathBuf| {
        dir.is_absolute() && fs::metadata(dir).is_ok_and(|at| at.uid() == me)
    };
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    match runtime.filter(usable) {
        Some(dir) => dir.join(program),
        None => fifo::temporary().join(format!("{program}-{me}")),
    }
}

/// The one server's seat at the agreed place. While it is taken, no other
/// server can sit there, so a FIFO that is found there is a dead server's.
#[derive(Debug)]
pub struct Seat {
    // Dropped in this order: the directory goes while it is still locked.
    home: PathGuard,
    _lock: Flock<File>,
}

impl Seat {
    /// Makes the agreed directory, if need be, and takes the seat. The kernel
    /// gives it back however the program ends, and an empty directory is
    /// removed.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`] if a server is at work there, or the directory is not
    /// the user's own; as mkdir(2), open(2) and flock(2) "ERRORS" list.
    pub fn take(program: &str) -> Result<Self, Stop> {
        let path = agreed(program);
        let what = |call: &str| format!("{call} {}", fifo::shown(&path));
        loop {
            // No signal between making the directory and minding it.
            let _held = hold_signals()?;
            let made = match mkdir(&path, Mode::S_IRWXU) {
                Ok(()) => Some(
                    PathGuard::new(&path)
                        .inspect_err(|_| drop(fs::remove_dir(&path)))?,
                ),
                Err(Errno::EEXIST) => None,
                Err(e) => return Err(e).named(what("mkdir")),
            };
            let how = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            let dir = match uninterrupted(|| open(&path, how, Mode::empty())) {
                // The server that had made it was leaving, and removed it.
                Err(Errno::ENOENT) if made.is_none() => continue,
                dir => File::from(dir.named(what("open"))?),
            };
            let opened = dir.metadata().named(what("fstat"))?;
            let mine = opened.uid() == geteuid().as_raw();
            if !mine || opened.mode() & 0o077 != 0 {
                return Err(Stop::Failed(format!(
                    "{}: not a directory that only this user can enter; \
                     `server PATH` serves another place",
                    what("open")
                )));
            }
            let lock = match Flock::lock(dir, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => lock,
                Err((_, e @ Errno::EWOULDBLOCK)) => {
                    return Err(Stop::Failed(format!(
                        "{}: {}: a server is at work there already; `server \
                         PATH` serves another place",
                        what("flock"),
                        errno(e)
                    )));
                }
                Err((_, e)) => return Err(e).named(what("flock")),
            };
            // A server that was leaving may have removed it since. Then this
            // is the lock of a directory that nobody finds any more.
            if is_at(&opened, &path) {
                let home = made.map_or_else(|| PathGuard::new(&path), Ok)?;
                return Ok(Self { home, _lock: lock });
            }
        }
    }

    /// Where the FIFO `name` is, or will be.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Makes the FIFO `name`, or takes over the one that a server left there
    /// when it was killed.
    ///
    /// # Errors
    ///
    /// [`fifo::Refused`], as of [`fifo::make`].
    pub fn make(&self, name: &str) -> Result<PathGuard, Stop> {
        let path = self.join(name);
        match fifo::make(&path) {
            // Only a FIFO, and only one's own.
            Err(taken)
                if taken.errno == Some(Errno::EEXIST)
                    && fifo::is_mine(&path).unwrap_or(false) =>
            {
                PathGuard::of_fifo(&path)
            }
            made => Ok(made?),
        }
    }
}

/// Whether `path` leads to what was opened.
fn is_at(opened: &fs::Metadata, path: &Path) -> bool {
    let at: io::Result<fs::Metadata> = fs::symlink_metadata(path);
    at.is_ok_and(|at| (at.dev(), at.ino()) == (opened.dev(), opened.ino()))
}
