//! The temporary directory of a program, and what it may not leave there.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

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
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pipes-test.{}.{number}", std::process::id());
        // A short path, so that no line that names it is too long.
        let tmp = Path::new("/tmp");
        let place = if tmp.is_dir() { tmp.into() } else { env::temp_dir() };
        let path = place.join(name);
        get(fs::create_dir(&path), path.display());
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
