//! A larger pipe: what only Linux has.

use std::os::fd::AsFd;

use nix::errno::Errno;
#[cfg(target_os = "linux")]
use nix::fcntl::{FcntlArg, fcntl};

/// Makes room for `wish` bytes, at either end: `F_SETPIPE_SZ` in fcntl(2). A
/// user whose pipes have many pages already, more than `pipe-user-pages-soft`
/// in /proc/sys/fs, is refused: EPERM.
#[cfg(target_os = "linux")]
pub(crate) fn grow(end: impl AsFd, wish: usize) -> nix::Result<()> {
    let wish = i32::try_from(wish).map_err(|_| Errno::EINVAL)?;
    let granted = fcntl(end, FcntlArg::F_SETPIPE_SZ(wish))?;
    if granted < wish { Err(Errno::EINVAL) } else { Ok(()) }
}

/// This system has no `F_SETPIPE_SZ`.
#[cfg(not(target_os = "linux"))]
pub(crate) fn grow(_end: impl AsFd, _wish: usize) -> nix::Result<()> {
    Err(Errno::ENOSYS)
}
