//! What it means that a FIFO could not be made or opened, in a sentence.

use std::fmt;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::geteuid;
use shared::stop::{Stop, errno, must};

use super::shown;

const EMPTY: &str = "the path is empty";
const NO_NAME: &str = "no such name: who serves makes it first";
const NO_READER: &str = "nobody has it open for reading";
pub(super) const THEIRS: &str = "it is somebody else's FIFO, and not trusted";

/// A FIFO that could not be made or opened.
#[derive(Debug)]
pub struct Refused {
    /// The call, its path, and what it answered.
    pub call: String,
    /// The error number; none if the call succeeded, on something else than
    /// a FIFO of one's own.
    pub errno: Option<Errno>,
    /// What to make of it, in a sentence.
    pub advice: String,
}

impl Refused {
    /// Whether it is only too early: no name yet, or nobody who reads yet.
    #[must_use]
    pub fn is_early(&self) -> bool {
        self.advice == NO_NAME || self.advice == NO_READER
    }

    /// Itself, told as a failure, unless it was refused with this error: what
    /// is about to be shown would not be so.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`] with its sentence.
    pub fn must_be(&self, expected: Errno) -> Result<(), Stop> {
        let why = format!("{expected:?}; it was {self}");
        must(self.errno == Some(expected), why)
    }

    pub(super) fn by_mkfifo(path: &Path, errno: Errno) -> Self {
        let advice = match errno {
            Errno::ENOENT if path.as_os_str().is_empty() => EMPTY,
            Errno::EEXIST => who_is_there(path),
            Errno::ENOENT => "a directory on the way to it is missing",
            errno => any(path, errno),
        };
        Self::new("mkfifo", path, Some(errno), advice)
    }

    pub(super) fn by_open(path: &Path, errno: Errno) -> Self {
        // Gone by now, it may have been anything.
        let at = fs::symlink_metadata(path).ok();
        let is_fifo = at.as_ref().is_none_or(|at| at.file_type().is_fifo());
        let me = geteuid().as_raw();
        let advice = match errno {
            Errno::ENOENT if path.as_os_str().is_empty() => EMPTY,
            Errno::ENOENT => NO_NAME,
            Errno::ENXIO if !is_fifo => {
                "it is a socket or a device, and no FIFO"
            }
            // No reader that may come is one to wait for.
            Errno::ENXIO if at.is_some_and(|at| at.uid() != me) => THEIRS,
            Errno::ENXIO => NO_READER,
            errno => any(path, errno),
        };
        Self::new("open", path, Some(errno), advice)
    }

    pub(super) fn after_open(path: &Path, advice: &str) -> Self {
        Self::new("open", path, None, advice)
    }

    /// It could be made, but not listed among what has to be removed.
    pub(super) fn unlisted(stop: impl fmt::Display) -> Self {
        let advice = stop.to_string();
        Self { call: "a FIFO to be removed".into(), errno: None, advice }
    }

    fn new(call: &str, path: &Path, errno: Option<Errno>, why: &str) -> Self {
        let call = format!("{call} {}", shown(path));
        Self { call, errno, advice: why.to_string() }
    }
}

/// What either call says of a path.
fn any(path: &Path, errno: Errno) -> &'static str {
    match errno {
        Errno::EACCES => "the permissions forbid it",
        Errno::EISDIR => "it is a directory",
        Errno::EMFILE => "this process has no descriptor left for it",
        // FreeBSD says EMLINK.
        Errno::ELOOP | Errno::EMLINK if path.is_symlink() => {
            "it is a symbolic link, and not followed"
        }
        Errno::ELOOP => "too many symbolic links on the way to it",
        Errno::ENAMETOOLONG => "the path, or a name in it, is too long",
        Errno::ENOSPC => "the file system is full",
        Errno::ENOTDIR => "a part of the path is not a directory",
        Errno::EROFS => "the file system is read-only",
        _ => "see ERRORS in its man page",
    }
}

/// What has the name that mkfifo wanted. It is only looked at, and left.
fn who_is_there(path: &Path) -> &'static str {
    let Ok(found) = fs::symlink_metadata(path) else {
        return "the name was taken a moment ago";
    };
    let kind = found.file_type();
    if !kind.is_fifo() {
        return if kind.is_symlink() {
            "a symbolic link has the name"
        } else if kind.is_dir() {
            "a directory has the name"
        } else if kind.is_file() {
            "a regular file has the name"
        } else {
            "something that is no FIFO has the name"
        };
    }
    if found.uid() != geteuid().as_raw() {
        return "somebody else's FIFO has the name";
    }
    // Is it in use? To open it would tell, and would wake whoever waits in
    // open for the other side: they are not ours to disturb.
    "a FIFO has the name: if no program uses it any more, remove it"
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errno {
            Some(e) => {
                write!(f, "{}: {}: {}", self.call, errno(e), self.advice)
            }
            None => write!(f, "{}: {}", self.call, self.advice),
        }
    }
}

impl std::error::Error for Refused {}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Failed(refused.to_string())
    }
}
