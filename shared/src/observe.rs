//! What the kernel says about a descriptor, asked at this moment.
//!
//! Nothing here changes what it looks at. What a system does not tell is
//! printed as "unknown": never a guess.

use std::fmt;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::signal::Signal;
use nix::sys::stat::fstat;
use nix::unistd::Pid;

#[cfg(target_os = "linux")]
mod calls;
pub mod hang;
#[cfg(target_os = "linux")]
pub mod proc;
pub(crate) mod stuck;

mod ioctls {
    use nix::libc;

    nix::ioctl_read_bad!(fionread, libc::FIONREAD, libc::c_int);
    nix::ioctl_read_bad!(winsize, libc::TIOCGWINSZ, libc::winsize);
}

/// An answer, or none where the system does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<T>(pub Option<T>);

impl<T: PartialEq + Copy> Seen<T> {
    /// Whether nothing was seen that contradicts `value`.
    pub fn agrees_with(&self, value: T) -> bool {
        self.0.is_none_or(|seen| seen == value)
    }
}

impl fmt::Display for Seen<usize> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.fmt(f),
            None => f.pad("unknown"),
        }
    }
}

impl fmt::Display for Seen<Pid> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(process) => process.fmt(f),
            None => f.pad("unknown"),
        }
    }
}

impl fmt::Display for Seen<bool> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self.0 {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        })
    }
}

/// Bytes that wait to be read: FIONREAD in `ioctl_pipe(2)`. Either end of a
/// pipe answers on Linux.
pub fn bytes_waiting(fd: impl AsFd) -> Seen<usize> {
    let mut count: libc::c_int = 0;
    let fd = fd.as_fd().as_raw_fd();
    // SAFETY: FIONREAD stores one int, and `count` is one.
    let answer = unsafe { ioctls::fionread(fd, &raw mut count) };
    Seen(answer.ok().and_then(|_| usize::try_from(count).ok()))
}

/// Bytes that a pipe has room for in all: `F_GETPIPE_SZ` in fcntl(2), which
/// only Linux has.
#[cfg(target_os = "linux")]
pub fn capacity(fd: impl AsFd) -> Seen<usize> {
    let answer = fcntl(fd, FcntlArg::F_GETPIPE_SZ).ok();
    Seen(answer.and_then(|bytes| usize::try_from(bytes).ok()))
}

/// This system has no `F_GETPIPE_SZ`.
#[cfg(not(target_os = "linux"))]
pub fn capacity(_fd: impl AsFd) -> Seen<usize> {
    Seen(None)
}

/// What a descriptor may be used for, as it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `O_RDONLY`: the read end of a pipe.
    Read,
    /// `O_WRONLY`: the write end of a pipe.
    Write,
    /// `O_RDWR`: both, as a FIFO can be opened on Linux.
    ReadAndWrite,
}

impl Access {
    fn of_flags(flags: i32) -> Option<Self> {
        match flags & libc::O_ACCMODE {
            libc::O_RDONLY => Some(Self::Read),
            libc::O_WRONLY => Some(Self::Write),
            libc::O_RDWR => Some(Self::ReadAndWrite),
            _ => None,
        }
    }

    /// Whether it counts among the readers of its pipe.
    #[must_use]
    pub fn reads(self) -> bool {
        self != Self::Write
    }

    /// Whether it counts among the writers of its pipe.
    #[must_use]
    pub fn writes(self) -> bool {
        self != Self::Read
    }
}

/// The access mode of a descriptor's open file description: `F_GETFL` in
/// fcntl(2).
pub fn access(fd: impl AsFd) -> Seen<Access> {
    Seen(status_flags(fd).and_then(|flags| Access::of_flags(flags.bits())))
}

/// Whether reads and writes answer EAGAIN instead of waiting: `O_NONBLOCK`,
/// a flag of the open file description, so every dup has it too.
pub fn nonblocking(fd: impl AsFd) -> Seen<bool> {
    Seen(status_flags(fd).map(|flags| flags.contains(OFlag::O_NONBLOCK)))
}

/// Whether exec closes this descriptor: `FD_CLOEXEC`, a flag of the
/// descriptor alone, so a dup has its own.
pub fn close_on_exec(fd: impl AsFd) -> Seen<bool> {
    let bits = fcntl(fd, FcntlArg::F_GETFD).ok();
    let flags = bits.map(FdFlag::from_bits_retain);
    Seen(flags.map(|flags| flags.contains(FdFlag::FD_CLOEXEC)))
}

fn status_flags(fd: impl AsFd) -> Option<OFlag> {
    Some(OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL).ok()?))
}

/// Whether two descriptors of this process share one open file description:
/// kcmp(2), asked on Linux alone, where a sandbox may forbid it.
#[cfg(target_os = "linux")]
pub fn same_description(a: impl AsFd, b: impl AsFd) -> Seen<bool> {
    let process = nix::unistd::getpid().as_raw();
    let (a, b) = (a.as_fd().as_raw_fd(), b.as_fd().as_raw_fd());
    proc::same_file((process, a), (process, b))
}

/// Elsewhere nobody is asked.
#[cfg(not(target_os = "linux"))]
pub fn same_description(_a: impl AsFd, _b: impl AsFd) -> Seen<bool> {
    Seen(None)
}

/// The ends of a pipe that this process itself holds: any Unix tells. None if
/// a descriptor could not be looked at.
pub fn own_ends(of: impl AsFd) -> Option<Vec<(i32, Access)>> {
    let pipe = fstat(of).ok()?;
    let mut ends = Vec::new();
    for fd in numbers() {
        let mut found = MaybeUninit::<libc::stat>::zeroed();
        // SAFETY: fstat fills the stat, if the number is open.
        let answer = unsafe { libc::fstat(fd, found.as_mut_ptr()) };
        if answer != 0 {
            // Not open. After any other error it may be an end, or not.
            if Errno::last() == Errno::EBADF {
                continue;
            }
            return None;
        }
        // SAFETY: fstat has filled it in.
        let found = unsafe { found.assume_init() };
        if (found.st_dev, found.st_ino) == (pipe.st_dev, pipe.st_ino) {
            // SAFETY: F_GETFL touches no memory; the number is open.
            let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
            ends.push((fd, Access::of_flags(flags)?));
        }
    }
    Some(ends)
}

/// The numbers that this process's descriptors have, and may be others, too.
fn numbers() -> Vec<i32> {
    #[cfg(target_os = "linux")]
    if let Some(open) = proc::own_descriptors() {
        return open;
    }
    let most = getrlimit(Resource::RLIMIT_NOFILE).map_or(256, |(soft, _)| soft);
    (0..i32::try_from(most).unwrap_or(i32::MAX).min(65_536)).collect()
}

/// The position of an open file of this process: lseek(2). A pipe has none.
#[must_use]
pub fn offset(fd: i32) -> Option<i64> {
    // SAFETY: lseek touches no memory; from here by 0 it moves nothing.
    let offset = unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) };
    #[allow(
        clippy::useless_conversion,
        reason = "it has 32 bits where the machine has"
    )]
    (offset >= 0).then_some(offset.into())
}

/// Whether this process ignores a signal: sigaction(2).
#[must_use]
pub fn ignored(signal: Signal) -> Seen<bool> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    let (number, none) = (signal as libc::c_int, std::ptr::null());
    // SAFETY: without a new action, sigaction only fills `action`.
    let answer = unsafe { libc::sigaction(number, none, action.as_mut_ptr()) };
    if answer != 0 {
        return Seen(None);
    }
    // SAFETY: sigaction succeeded, so it filled `action`.
    let action = unsafe { action.assume_init() };
    Seen(Some(action.sa_sigaction == libc::SIG_IGN))
}

/// The process at the other end of a connected Unix socket: `SO_PEERCRED` in
/// unix(7), which only Linux has. The kernel remembers it from connect.
#[cfg(target_os = "linux")]
pub fn peer(socket: impl AsFd) -> Seen<Pid> {
    let mut who = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut size = libc::socklen_t::try_from(size_of_val(&who)).unwrap_or(0);
    let fd = socket.as_fd().as_raw_fd();
    let (level, what) = (libc::SOL_SOCKET, libc::SO_PEERCRED);
    let into = (&raw mut who).cast();
    // SAFETY: it stores at most `size` bytes, and `who` has so many.
    let answer =
        unsafe { libc::getsockopt(fd, level, what, into, &raw mut size) };
    // 0 is a process that this one has no number for.
    Seen((answer == 0 && who.pid > 0).then_some(Pid::from_raw(who.pid)))
}

/// This system has no `SO_PEERCRED`.
#[cfg(not(target_os = "linux"))]
pub fn peer(_socket: impl AsFd) -> Seen<Pid> {
    Seen(None)
}

/// Whether this is the write end of a pipe, and nobody has it open for
/// reading: poll(2) reports that as POLLERR, unasked.
pub fn is_unread(fd: impl AsFd) -> bool {
    let mut asked = [PollFd::new(fd.as_fd(), PollFlags::empty())];
    let answer = poll(&mut asked, PollTimeout::ZERO);
    // A terminal that was closed reports a hangup, too.
    answer.is_ok() && asked[0].revents() == Some(PollFlags::POLLERR)
}

/// Waits until a write may go on. Whatever is wrong, the write will tell.
pub(crate) fn wait_for_room(fd: impl AsFd) {
    let mut asked = [PollFd::new(fd.as_fd(), PollFlags::POLLOUT)];
    let _ = poll(&mut asked, PollTimeout::NONE);
}

/// Columns of the terminal behind a descriptor; none if it is not one.
pub fn columns(fd: impl AsFd) -> Option<usize> {
    let mut size = MaybeUninit::<libc::winsize>::zeroed();
    let fd = fd.as_fd().as_raw_fd();
    // SAFETY: TIOCGWINSZ stores one winsize, and there is room for one.
    unsafe { ioctls::winsize(fd, size.as_mut_ptr()) }.ok()?;
    // SAFETY: all zeroes is a winsize, and the call stored a better one.
    let size = unsafe { size.assume_init() };
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}
