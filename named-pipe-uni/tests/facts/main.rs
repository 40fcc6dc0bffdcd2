//! What is true of a FIFO: an experiment a test. FACTS.md lists them all,
//! with what people say.
//!
//! No test in this program starts another one; see [`harness::experiment`].
//! Experiments that need a shell, a tool or a mount are in tests/all. What
//! is true of Linux alone is tried on Linux alone.

#[cfg(target_os = "linux")]
mod beside_files;
mod coming_and_going;
mod impostors;
mod making;
mod names;
mod opening;
#[cfg(target_os = "linux")]
mod permissions;
mod programs;
mod several;
#[cfg(target_os = "linux")]
mod watched;
#[cfg(target_os = "linux")]
mod writing;

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use harness::experiment::at_once;
use harness::{Home, get};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, read};

const O_RDONLY: OFlag = OFlag::O_RDONLY;
const O_WRONLY: OFlag = OFlag::O_WRONLY;
#[cfg(target_os = "linux")]
const O_RDWR: OFlag = OFlag::O_RDWR;
const O_NONBLOCK: OFlag = OFlag::O_NONBLOCK;
const O_CREAT: OFlag = OFlag::O_CREAT;

/// A FIFO for its owner, in a directory of its own that it goes with.
fn fifo() -> (Home, PathBuf) {
    let home = Home::fresh();
    let path = home.path().join("fifo");
    get(mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR), path.display());
    (home, path)
}

/// A directory in which everybody may make and remove names: mode 0777.
#[cfg(target_os = "linux")]
fn home_for_everybody() -> Home {
    let home = Home::fresh();
    chmod(home.path(), 0o777);
    home
}

/// open(2), with nothing hidden.
fn open(path: &Path, how: OFlag) -> nix::Result<OwnedFd> {
    nix::fcntl::open(path, how | OFlag::O_CLOEXEC, Mode::empty())
}

/// The same where it must succeed, and must not wait for anybody.
fn opened(path: &Path, how: OFlag) -> OwnedFd {
    let path = path.to_path_buf();
    get(at_once(move || open(&path, how)), "open")
}

#[cfg(target_os = "linux")]
fn chmod(path: &Path, mode: u32) {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    get(set_permissions(path, Permissions::from_mode(mode)), "chmod");
}

/// What a single read(2) finds, up to 64 bytes of text.
fn read_once(reader: impl AsFd) -> nix::Result<String> {
    let mut buffer = [0; 64];
    let count = read(reader, &mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..count]).into_owned())
}

/// What poll(2) reports at this moment to one who asks for POLLIN.
fn revents(fd: impl AsFd) -> PollFlags {
    let mut asked = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    get(poll(&mut asked, PollTimeout::ZERO), "poll");
    asked[0].revents().unwrap_or(PollFlags::empty())
}
