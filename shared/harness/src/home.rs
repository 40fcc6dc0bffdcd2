//! The temporary directory of a program or an experiment, and what a program
//! may not leave there.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use nix::unistd::mkdtemp;

use crate::get;

/// A directory that is TMPDIR for one program, or for some that are to meet
/// in it, or the place of an experiment. It goes when the last of them has
/// gone.
#[derive(Debug, Clone)]
pub struct Home(Arc<Directory>);

#[derive(Debug)]
struct Directory(PathBuf);

impl Home {
    /// An empty directory of its own.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    #[must_use]
    pub fn fresh() -> Self {
        // A short path, so that no line that names it is too long.
        let tmp = Path::new("/tmp");
        if tmp.is_dir() {
            Self::below(tmp)
        } else {
            Self::below(&env::temp_dir())
        }
    }

    /// The same in another place: a file system of another kind, say.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    #[must_use]
    pub fn below(place: &Path) -> Self {
        // As long whatever this process's number is: a name that is longer
        // would break the lines of a transcript elsewhere.
        let path = get(mkdtemp(&place.join("pipes-test.XXXXXX")), "mkdtemp");
        // Some programs are started as other users.
        let all = Permissions::from_mode(0o755);
        get(fs::set_permissions(&path, all), path.display());
        Self(Arc::new(Directory(path)))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.0
    }

    /// What a program left in it. While others are to come or at work here,
    /// it is theirs, and nothing counts as left: who ends last is asked.
    pub(crate) fn left_behind(&self) -> Vec<PathBuf> {
        if Arc::strong_count(&self.0) > 1 {
            return Vec::new();
        }
        let entries = get(fs::read_dir(self.path()), self.path().display());
        entries.flatten().map(|entry| entry.path()).collect()
    }
}

impl AsRef<Home> for Home {
    fn as_ref(&self) -> &Home {
        self
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
