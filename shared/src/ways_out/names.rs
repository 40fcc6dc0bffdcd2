//! A file, a FIFO, a directory that must not outlive the story: it is removed
//! when its guard is dropped. The signal handler knows the same.

use std::ffi::{CString, OsStr};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::{fs, io, ptr};

use nix::errno::Errno;
use nix::libc;
use nix::unistd::geteuid;

use super::NAMES;
use crate::stop::{Named, Stop};

/// A file or an empty directory that must not outlive the story.
///
/// If it is there when its guard is made, the guard removes nothing else: what
/// somebody puts in its place is theirs. It looks, and then removes: no call
/// does both, so what is put there between the two goes with the name.
#[derive(Debug)]
pub struct PathGuard {
    path: PathBuf,
    /// Where the handler's list names it.
    slot: Option<usize>,
}

/// A name as the handler needs it.
pub(super) struct Entry {
    pub(super) name: CString,
    /// What it led to, if it did.
    is: Option<Identity>,
}

/// What can be told of a name without opening it. Device and inode are not
/// enough: a file system gives the number of what was removed to what is made
/// next.
#[derive(Clone, Copy, Default, PartialEq)]
struct Identity {
    device: u64,
    inode: u64,
    kind: libc::mode_t,
    /// A FIFO's. A directory may be given away, and goes only if it is empty.
    owner: Option<libc::uid_t>,
}

impl Entry {
    /// Whether the name still leads to what it led to. Only calls that
    /// signal-safety(7) allows.
    pub(super) fn is_ours(&self) -> bool {
        self.is.is_none() || look(&self.name) == Ok(self.is)
    }
}

/// What a name leads to, if it is there: lstat(2), which does not follow a
/// symbolic link.
fn look(name: &CString) -> nix::Result<Option<Identity>> {
    let mut found = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: a C string, and room for the answer.
    if unsafe { libc::lstat(name.as_ptr(), found.as_mut_ptr()) } != 0 {
        return match Errno::last() {
            Errno::ENOENT => Ok(None),
            e => Err(e),
        };
    }
    // SAFETY: lstat has filled it in.
    let found = unsafe { found.assume_init() };
    let kind = found.st_mode & libc::S_IFMT;
    #[allow(
        clippy::cast_sign_loss,
        clippy::unnecessary_cast,
        reason = "a device is an i32 on macOS, and a u64 on Linux"
    )]
    Ok(Some(Identity {
        device: found.st_dev as u64,
        inode: found.st_ino as u64,
        kind,
        owner: (kind == libc::S_IFIFO).then_some(found.st_uid),
    }))
}

impl PathGuard {
    /// Removes `path`, too, when the story ends early.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`] if the list is full, or the path holds a NUL byte; as
    /// lstat(2) "ERRORS" lists.
    pub fn new(path: &Path) -> Result<Self, Stop> {
        Self::known_as(path, |found| found)
    }

    /// The same for a FIFO of this user's that was just there. What has its
    /// name by now, or gets it, is somebody else's, and stays.
    ///
    /// # Errors
    ///
    /// As [`PathGuard::new`].
    pub fn of_fifo(path: &Path) -> Result<Self, Stop> {
        let (kind, owner) = (libc::S_IFIFO, Some(geteuid().as_raw()));
        Self::known_as(path, |found| {
            Some(Identity { kind, owner, ..found.unwrap_or_default() })
        })
    }

    fn known_as(
        path: &Path,
        known: impl FnOnce(Option<Identity>) -> Option<Identity>,
    ) -> Result<Self, Stop> {
        let name = c_string(path)?;
        let found = look(&name).named(format!("lstat {}", path.display()))?;
        Self::listed(path, name, known(found))
    }

    fn listed(
        path: &Path,
        name: CString,
        is: Option<Identity>,
    ) -> Result<Self, Stop> {
        // Never freed: the handler may be at it whenever a signal comes.
        let entry = Box::into_raw(Box::new(Entry { name, is }));
        let slot = NAMES.iter().position(|slot| {
            let (null, seq) = (ptr::null_mut(), Ordering::SeqCst);
            slot.compare_exchange(null, entry, seq, seq).is_ok()
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

    /// What the handler's list says of it.
    fn entry(&self) -> Option<&'static Entry> {
        let at = NAMES[self.slot?].load(Ordering::SeqCst);
        // SAFETY: null, or an entry of the list, which is never freed.
        unsafe { at.as_ref() }
    }

    /// Whether the path still leads to what is guarded.
    ///
    /// # Errors
    ///
    /// As lstat(2) "ERRORS" lists, except ENOENT.
    pub fn is_there(&self) -> io::Result<bool> {
        let Some(entry) = self.entry() else { return Ok(false) };
        let at = look(&entry.name)?;
        Ok(at.is_some() && (entry.is.is_none() || entry.is == at))
    }

    /// Gives it another name, in one step: what had that name before loses
    /// it.
    ///
    /// # Errors
    ///
    /// As rename(2) and lstat(2) "ERRORS" list, and as [`PathGuard::new`].
    pub fn rename(self, to: &Path) -> Result<Self, Stop> {
        let call = format!("rename to {}", to.display());
        let is = match self.entry().and_then(|entry| entry.is) {
            None => look(&c_string(&self.path)?).named(&call)?,
            known => known,
        };
        let is = Some(is.ok_or(Errno::ENOENT).named(&call)?);
        // Both names are the handler's before one becomes the other: of the
        // two it removes the one that leads to this.
        let renamed = Self::listed(to, c_string(to)?, is)?;
        fs::rename(&self.path, to).named(call)?;
        Ok(renamed)
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
        let Some(slot) = self.slot else { return Ok(()) };
        let there = self.is_there()?;
        if there {
            // Should this fail, the name stays in the list: `left_behind`
            // tries once more.
            remove(&self.path)?;
        }
        self.slot = None;
        NAMES[slot].store(ptr::null_mut(), Ordering::SeqCst);
        if there { Ok(()) } else { Err(Errno::ENOENT.into()) }
    }
}

fn c_string(path: &Path) -> Result<CString, Stop> {
    CString::new(path.as_os_str().as_bytes())
        .map_err(|_| Stop::Failed("a path holds a NUL byte".into()))
}

/// A file by unlink(2), a directory by rmdir(2).
fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        fs::remove_dir(path)
    } else {
        fs::remove_file(path)
    }
}

/// When the story is over: what a guard could not remove is tried once more,
/// what was made last first.
///
/// # Errors
///
/// [`Stop::Failed`], if it stays.
pub(crate) fn left_behind() -> Result<(), Stop> {
    let mut told = Ok(());
    for slot in NAMES.iter().rev() {
        let entry = slot.swap(ptr::null_mut(), Ordering::SeqCst);
        // SAFETY: null, or an entry, which is never freed.
        let Some(entry) = (unsafe { entry.as_ref() }) else { continue };
        if entry.is_ours() {
            let path = Path::new(OsStr::from_bytes(entry.name.as_bytes()));
            let call = format!("unlink or rmdir {}", path.display());
            told = told.and(remove(path).named(call));
        }
    }
    told
}

impl Drop for PathGuard {
    fn drop(&mut self) {
        let _ = self.remove_once();
    }
}
