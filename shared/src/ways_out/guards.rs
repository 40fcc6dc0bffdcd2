//! A child, a file, a directory: what must not outlive the story, and is ended
//! or removed when its guard is dropped. The signal handler knows the same.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::ptr;
use std::sync::atomic::Ordering;
use std::{fs, io};

use nix::sys::signal::{self, Signal};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::{CHILDREN, NAMES};
use crate::stop::Stop;

/// A child that must not outlive the story.
#[derive(Debug)]
pub struct ChildGuard(Pid);

impl ChildGuard {
    /// Ends this child, too, when the story ends early. A signal ends the
    /// first eight of them; no story here has more.
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
        let _ = waitpid(self.0, None);
    }
}

/// Puts `new` where `old` stands in the handler's list, once.
fn replace_child(old: i32, new: i32) {
    let seq = Ordering::SeqCst;
    let _ = CHILDREN
        .iter()
        .any(|slot| slot.compare_exchange(old, new, seq, seq).is_ok());
}

/// A file or an empty directory that must not outlive the story.
#[derive(Debug)]
pub struct PathGuard {
    path: PathBuf,
    /// Where the handler's list names it.
    slot: Option<usize>,
}

impl PathGuard {
    /// Removes `path`, too, when the story ends early.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`] if the list is full, or the path holds a NUL byte.
    pub fn new(path: &Path) -> Result<Self, Stop> {
        let name = CString::new(path.as_os_str().as_bytes())
            .map_err(|_| Stop::Failed("a path holds a NUL byte".into()))?;
        // Never freed: the handler may be at it whenever a signal comes.
        let name = name.into_raw();
        let slot = NAMES.iter().position(|slot| {
            let (null, seq) = (ptr::null_mut(), Ordering::SeqCst);
            slot.compare_exchange(null, name, seq, seq).is_ok()
        });
        if slot.is_none() {
            return Err(Stop::Failed("too many names to clean up".into()));
        }
        Ok(Self { path: path.to_path_buf(), slot })
    }

    /// The guarded path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it now.
    ///
    /// # Errors
    ///
    /// As unlink(2) and rmdir(2) "ERRORS" list.
    pub fn remove(mut self) -> io::Result<()> {
        self.remove_once()
    }

    fn remove_once(&mut self) -> io::Result<()> {
        let Some(slot) = self.slot.take() else {
            return Ok(());
        };
        let removed = match fs::symlink_metadata(&self.path) {
            Ok(at) if at.is_dir() => fs::remove_dir(&self.path),
            Ok(_) => fs::remove_file(&self.path),
            Err(e) => Err(e),
        };
        NAMES[slot].store(ptr::null_mut(), Ordering::SeqCst);
        removed
    }
}

impl Drop for PathGuard {
    fn drop(&mut self) {
        let _ = self.remove_once();
    }
}
