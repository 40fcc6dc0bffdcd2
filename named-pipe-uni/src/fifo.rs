//! Making and opening a FIFO: mkfifo(3), open(2), fifo(7).
//!
//! A name is a meeting point, and anybody who may write in a directory can
//! put something else at it. So a FIFO lives in a [`Home`] that only its
//! owner can enter, and what was opened is looked at before it is used.

mod refused;

pub use refused::Refused;

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::{env, fs};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::{Mode, SFlag, lstat};
use nix::unistd::{geteuid, mkdtemp, mkfifo};
use shared::stop::{Named, Stop, io_error};
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
        Self::below(&temporary())
    }

    fn below(place: &Path) -> Result<Self, Stop> {
        let template = place.join("fifo.XXXXXX");
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

/// The directory for temporary files. A relative `TMPDIR` counts as none: it
/// leads somewhere else after chdir(2), and from another terminal.
pub(crate) fn temporary() -> PathBuf {
    let dir = Some(env::temp_dir()).filter(|dir| dir.is_absolute());
    dir.unwrap_or(PathBuf::from("/tmp"))
}

/// Makes a FIFO that only its owner can open (mode 0600), and that is removed
/// on every way out of the program.
///
/// # Errors
///
/// [`Refused`], as mkfifo(3) "ERRORS" lists. What is at `path` then stays.
pub fn make(path: &Path) -> Result<PathGuard, Refused> {
    let refused = |errno| Refused::by_mkfifo(path, errno);
    // No signal between making the FIFO and minding it.
    let held = hold_signals().map_err(Refused::unlisted)?;
    // The mode is given in full. 0 would not mean "the default": it makes a
    // FIFO that its own maker cannot open.
    mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR).map_err(refused)?;
    let guard = PathGuard::of_fifo(path)
        .inspect_err(|_| drop(fs::remove_file(path)))
        .map_err(Refused::unlisted)?;
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
/// `path` is something else than a FIFO, or somebody else's.
pub fn open(path: &Path, how: OFlag) -> Result<File, Refused> {
    let how = how | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW | OFlag::O_NOCTTY;
    // To open a device can be to start it.
    let kind = fs::symlink_metadata(path).map(|at| at.file_type());
    if kind.is_ok_and(|at| at.is_char_device() || at.is_block_device()) {
        return Err(Refused::after_open(path, "it is a device, and no FIFO"));
    }
    let file = loop {
        // Without O_NONBLOCK this call is where the waiting happens: a
        // reader waits for a writer, a writer for a reader. // [open]
        match nix::fcntl::open(path, how, Mode::empty()) {
            Ok(fd) => break File::from(fd),
            Err(Errno::EINTR) => {}
            Err(errno) => {
                return Err(Refused::by_open(path, errno));
            }
        }
    };
    // A regular file opens at once and swallows every message. A FIFO of
    // somebody else's brings messages from anybody. What matters is what was
    // opened, not what was at the name a moment ago.
    let refused = |why: &str| Refused::after_open(path, why);
    match file.metadata() {
        Ok(found) if !found.file_type().is_fifo() => {
            Err(refused("it is there, but it is not a FIFO"))
        }
        Ok(found) if found.uid() != geteuid().as_raw() => {
            Err(refused(refused::THEIRS))
        }
        Ok(_) => Ok(file),
        Err(e) => Err(refused(&format!("fstat: {}", io_error(&e)))),
    }
}

/// Puts a fresh FIFO in the place of `old`, in one step: at no moment is
/// there no FIFO of this name. Who has the old one open keeps it.
///
/// # Errors
///
/// [`Stop::Failed`], as of [`make`] and [`open`], as rename(2) "ERRORS" lists,
/// and if the name, looked at just before, leads to something else by now.
pub fn replace(old: &PathGuard, how: OFlag) -> Result<(PathGuard, File), Stop> {
    // In a directory beside it, so that any name is free, and rename stays in
    // one file system.
    let beside = Home::below(old.path().parent().unwrap_or(Path::new("")))?;
    let fresh = make(&beside.path().join("fifo"))?;
    let file = open(fresh.path(), how)?;
    still_there(old)?;
    Ok((fresh.rename(old.path())?, file))
}

/// Whether this user's own FIFO has the name. It is not opened for this look:
/// that would wake whoever waits in open for the other side.
///
/// # Errors
///
/// As lstat(2) "ERRORS" lists, except where the path leads nowhere: of that,
/// mkfifo and open say more.
pub fn is_mine(path: &Path) -> nix::Result<bool> {
    use Errno::{EACCES, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR};

    match lstat(path) {
        Ok(at) => {
            let kind = SFlag::from_bits_truncate(at.st_mode) & SFlag::S_IFMT;
            Ok(kind == SFlag::S_IFIFO && at.st_uid == geteuid().as_raw())
        }
        Err(EACCES | ELOOP | ENAMETOOLONG | ENOENT | ENOTDIR) => Ok(false),
        Err(e) => Err(e),
    }
}

/// Looks whether the name still leads to its FIFO.
///
/// # Errors
///
/// [`Stop::Failed`] if it does not: then no client can come any more.
pub fn still_there(fifo: &PathGuard) -> Result<(), Stop> {
    let lstat = format!("lstat {}", shown(fifo.path()));
    if fifo.is_there().named(&lstat)? {
        return Ok(());
    }
    Err(Stop::Failed(format!(
        "{lstat}: the name is gone, or leads to something else by now, and no \
         client can come any more"
    )))
}

/// A path as it can be shown: a name may hold any byte, and none shall steer
/// a terminal.
#[must_use]
pub fn shown(path: &Path) -> String {
    let path = path.as_os_str().to_string_lossy();
    let plain = |c: char| match c {
        '\'' | '"' | '\\' => c.to_string(),
        c => c.escape_debug().to_string(),
    };
    path.chars().map(plain).collect()
}

/// The name without its directory, as the demos print it.
#[must_use]
pub fn name(path: &Path) -> String {
    shown(Path::new(path.file_name().unwrap_or(OsStr::new(""))))
}
