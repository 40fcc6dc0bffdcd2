//! Making and opening a FIFO: mkfifo(3), open(2), fifo(7).
//!
//! A name is a meeting point, and anybody who may write in a directory can
//! put something else at it. So a FIFO lives in a [`Home`] that only its
//! owner can enter, and what was opened is looked at before it is used.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::{env, fmt, fs};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::{mkdtemp, mkfifo};
use shared::stop::{Named, Stop, errno};
use shared::ways_out::{PathGuard, hold_signals};

/// A fresh directory that nobody else can enter (mode 0700). It is removed
/// when it is dropped, and when a signal or the deadline ends the program.
#[derive(Debug)]
pub struct Home(PathGuard);

impl Home {
    /// Makes the directory, below the one for temporary files.
    ///
    /// # Errors
    ///
    /// As mkdtemp(3) "ERRORS" lists.
    pub fn new() -> Result<Self, Stop> {
        let template = env::temp_dir().join("fifo.XXXXXX");
        // No signal between making the directory and minding it.
        let held = hold_signals()?;
        let made = mkdtemp(&template)
            .named(format!("mkdtemp {}", template.display()))?;
        let guard = PathGuard::new(&made)
            .inspect_err(|_| drop(fs::remove_dir(&made)))?;
        drop(held);
        Ok(Self(guard))
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Makes a FIFO that only its owner can open (mode 0600), and that is removed
/// on every way out of the program.
///
/// # Errors
///
/// [`Refused`], as mkfifo(3) "ERRORS" lists. What is at `path` then stays.
pub fn make(path: &Path) -> Result<PathGuard, Refused> {
    let refused = |errno| Refused::new("mkfifo", path, Some(errno));
    // No signal between making the FIFO and minding it.
    let held = hold_signals().map_err(Refused::of)?;
    // The mode is given in full. 0 would not mean "the default": it makes a
    // FIFO that its own maker cannot open.
    mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR).map_err(refused)?;
    let guard = PathGuard::new(path)
        .inspect_err(|_| drop(fs::remove_file(path)))
        .map_err(Refused::of)?;
    drop(held);
    Ok(guard)
}

/// Opens the FIFO at `path`: `O_RDONLY`, `O_WRONLY` or `O_RDWR`, with or
/// without `O_NONBLOCK`. Never `O_CREAT`, which makes a regular file where
/// the FIFO is missing.
///
/// # Errors
///
/// [`Refused`], as open(2) "ERRORS" lists (EINTR is retried), and where
/// `path` is something else than a FIFO.
pub fn open(path: &Path, how: OFlag) -> Result<File, Refused> {
    let how = how | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
    let file = loop {
        // Without O_NONBLOCK this call is where the waiting happens: a
        // reader waits for a writer, a writer for a reader. // [open]
        match nix::fcntl::open(path, how, Mode::empty()) {
            Ok(fd) => break File::from(fd),
            Err(Errno::EINTR) => {}
            Err(errno) => {
                return Err(Refused::new("open", path, Some(errno)));
            }
        }
    };
    // A regular file opens at once and swallows every message. What matters
    // is what was opened, not what was at the name a moment ago.
    match file.metadata() {
        Ok(found) if found.file_type().is_fifo() => Ok(file),
        _ => Err(Refused::new("open", path, None)),
    }
}

/// A FIFO that could not be made or opened.
#[derive(Debug)]
pub struct Refused {
    /// The call, its path, and what it answered.
    pub call: String,
    /// The error number; none if the call succeeded, on something else than
    /// a FIFO.
    pub errno: Option<Errno>,
    /// What to make of it, in a sentence.
    pub advice: String,
}

impl Refused {
    fn new(call: &str, path: &Path, errno: Option<Errno>) -> Self {
        let name = path.as_os_str().to_string_lossy();
        let call = format!("{call} {}", name.escape_debug());
        let advice = match errno {
            None => "it is there, but it is not a FIFO",
            Some(Errno::EEXIST) => "the name is taken, and left as it is",
            Some(Errno::ENOENT) => "no such name: who serves makes it first",
            Some(Errno::ENXIO) => "nobody has it open for reading",
            Some(Errno::ELOOP) => "it is a symbolic link, and not followed",
            Some(Errno::EACCES) => "the permissions forbid it",
            Some(Errno::ENOTDIR) => "a part of the path is not a directory",
            Some(_) => "see ERRORS in its man page",
        };
        Self { call, errno, advice: advice.to_string() }
    }

    /// A failure that is no fault of the path's.
    fn of(stop: impl fmt::Display) -> Self {
        let advice = stop.to_string();
        Self { call: "minding a FIFO".into(), errno: None, advice }
    }
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

/// The name without its directory, as the demos print it.
#[must_use]
pub fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(OsStr::new("")).to_string_lossy();
    name.escape_debug().to_string()
}
