//! Linux: what /proc tells about other processes, proc(5).
//!
//! It tells each user about that user's own processes, and root about all.
//! What it refuses is counted or left out, never guessed.

use std::ffi::OsString;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

use nix::libc;
use nix::sys::stat::fstat;

use super::{Access, Seen, bytes_waiting};

/// Which pipe or FIFO: device and inode.
pub type PipeId = (u64, u64);

/// The pipe or FIFO that a descriptor of this process refers to.
pub fn pipe_of(fd: impl AsFd) -> Option<PipeId> {
    let found = fstat(fd).ok()?;
    #[allow(
        clippy::useless_conversion,
        reason = "they have 32 bits where the machine has"
    )]
    Some((found.st_dev.into(), found.st_ino.into()))
}

/// A descriptor, in some process, that refers to an end of a pipe or a FIFO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The process that holds it.
    pub process: i32,
    /// The descriptor's number there.
    pub fd: i32,
    /// What it may be used for.
    pub access: Access,
    /// The pipe it is an end of.
    pub pipe: PipeId,
    /// `pipe:[97479]`, or the path of a FIFO.
    pub label: String,
}

/// Every end of every pipe that may be seen.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The ends, ordered by process and descriptor.
    pub ends: Vec<End>,
    /// Processes whose descriptors may not be looked at.
    pub hidden: usize,
}

/// Looks at all processes, one after the other: a moment's picture of a
/// system that moves on, exact for processes that sleep.
#[must_use]
pub fn look() -> View {
    let mut view = View::default();
    for process in processes() {
        match ends_of(process) {
            Some(ends) => view.ends.extend(ends),
            None if is_a_program(process) => view.hidden += 1,
            None => {}
        }
    }
    view.ends.sort_by_key(|end| (end.process, end.fd));
    view
}

/// Whether this /proc shows the processes of the whole system. It does not in
/// a PID namespace other than the first, which has this number since Linux
/// 3.8, nor with the mount option hidepid: then even process 1 is not told of.
#[must_use]
pub fn shows_all() -> bool {
    let first = Path::new("pid:[4026531836]");
    let own = fs::read_link("/proc/self/ns/pid");
    own.is_ok_and(|own| own == first) && read(1, "stat").is_some()
}

/// The numbers of this process's own open descriptors.
#[must_use]
pub fn own_descriptors() -> Option<Vec<i32>> {
    let entries = fs::read_dir("/proc/self/fd").ok()?;
    let number = |name: OsString| name.to_string_lossy().parse().ok();
    entries.map(|entry| number(entry.ok()?.file_name())).collect()
}

fn processes() -> Vec<i32> {
    let entries = place().map(fs::read_dir).into_iter().flatten();
    let entries = entries.flatten().flatten();
    let number = |name: OsString| name.to_string_lossy().parse().ok();
    entries.filter_map(|entry| number(entry.file_name())).collect()
}

/// The children of a process.
#[must_use]
pub fn children(of: i32) -> Vec<i32> {
    let mut found = processes();
    found.retain(|process| parent(*process) == Some(of));
    found
}

fn parent(process: i32) -> Option<i32> {
    let stat = read(process, "stat")?;
    // Behind the name in parentheses: the state, then the parent.
    stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}

/// Whether a process is there, and not one of the kernel's own threads: those
/// are the children of number 2, and hold no pipes.
fn is_a_program(process: i32) -> bool {
    parent(process).is_some_and(|parent| parent != 2 && process != 2)
}

/// Whether two descriptors, each a process and a number in it, share one open
/// file description: kcmp(2).
#[must_use]
pub fn same_file(a: (i32, i32), b: (i32, i32)) -> Seen<bool> {
    // The value of KCMP_FILE in linux/kcmp.h; the libc crate leaves it out.
    const KCMP_FILE: libc::c_int = 0;
    let kcmp = libc::SYS_kcmp;
    // SAFETY: KCMP_FILE compares two numbers and touches no memory of ours.
    match unsafe { libc::syscall(kcmp, a.0, b.0, KCMP_FILE, a.1, b.1) } {
        0 => Seen(Some(true)),
        1..=3 => Seen(Some(false)),
        _ => Seen(None),
    }
}

/// The ends that one process holds; none if they may not be looked at.
#[must_use]
pub fn ends_of(process: i32) -> Option<Vec<End>> {
    let mut ends = Vec::new();
    for link in fs::read_dir(file(process, "fd")?).ok()? {
        let link = link.ok()?.path();
        // Following the link looks at the inode. It does not open the pipe,
        // which would make one reader or writer more.
        match end(process, &link) {
            Ok(end) => ends.extend(end),
            // Closed since, or a file that was removed.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(_) => return None,
        }
    }
    ends.sort_by_key(|end| end.fd);
    Some(ends)
}

fn end(process: i32, link: &Path) -> io::Result<Option<End>> {
    let found = fs::metadata(link)?;
    if !found.file_type().is_fifo() {
        return Ok(None);
    }
    let label = fs::read_link(link)?.to_string_lossy().into_owned();
    let fd = link.file_name().unwrap_or_default().to_string_lossy();
    let info = link.with_file_name("../fdinfo").join(&*fd);
    let info = fs::read_to_string(info)?;
    let flags = field(&info, "flags:").unwrap_or_default();
    let flags = i32::from_str_radix(&flags, 8).ok();
    let access = flags.and_then(Access::of_flags);
    let (Ok(fd), Some(access)) = (fd.parse(), access) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let pipe = (found.dev(), found.ino());
    Ok(Some(End { process, fd, access, pipe, label }))
}

/// Bytes that wait in the pipe behind another process's descriptor. Where
/// the system allows it, the descriptor is borrowed by `pidfd_getfd(2)` for
/// one question; opening it anew would add a reader.
#[must_use]
pub fn bytes_behind(end: &End) -> Seen<usize> {
    borrow(end.process, end.fd).map_or(Seen(None), bytes_waiting)
}

/// Bytes the pipe behind another process's descriptor has room for in all.
#[must_use]
pub fn capacity_behind(end: &End) -> Seen<usize> {
    borrow(end.process, end.fd).map_or(Seen(None), super::capacity)
}

fn borrow(process: i32, fd: i32) -> Option<OwnedFd> {
    let owned = |number: libc::c_long| -> Option<OwnedFd> {
        let number = i32::try_from(number).ok().filter(|n| *n >= 0)?;
        // SAFETY: the kernel has just made this descriptor for us.
        Some(unsafe { OwnedFd::from_raw_fd(number) })
    };
    // SAFETY: it takes two numbers and touches no memory.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
    let pidfd = owned(pidfd)?;
    let call = libc::SYS_pidfd_getfd;
    // SAFETY: it takes three numbers and touches no memory.
    owned(unsafe { libc::syscall(call, pidfd.as_raw_fd(), fd, 0) })
}

/// What a process is doing at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doing {
    /// `S` sleeps until something happens, `R` runs, `Z` is a zombie: the
    /// letters of proc(5).
    pub state: char,
    /// The system call it is in, and that call's first argument: a
    /// descriptor, for `read` and `write`. /proc/PID/syscall, which ptrace(2)
    /// rules guard.
    pub call: Option<(libc::c_long, i64)>,
    /// The kernel function it sleeps in. Its name is this kernel's own.
    pub place: Option<String>,
}

/// What a process is doing; none if there is no such process.
#[must_use]
pub fn doing(process: i32) -> Option<Doing> {
    let stat = read(process, "stat")?;
    // The name before it is in parentheses, and may hold any character.
    let state = stat.rsplit(')').next()?.trim_start().chars().next()?;
    let call = read(process, "syscall").and_then(|text| {
        let mut words = text.split_whitespace();
        let number = words.next()?.parse().ok()?;
        let first = words.next()?.trim_start_matches("0x");
        let first = u64::from_str_radix(first, 16).ok()?;
        Some((number, first.cast_signed()))
    });
    let place = read(process, "wchan");
    let place = place.filter(|place| place != "0" && !place.is_empty());
    Some(Doing { state, call, place })
}

/// How often a process has gone to sleep by itself. While this stands still
/// and it sleeps, it has not run at all.
#[must_use]
pub fn times_slept(process: i32) -> Option<u64> {
    let status = read(process, "status")?;
    field(&status, "voluntary_ctxt_switches:")?.parse().ok()
}

/// How many threads a process has. What it is doing is told of the first.
#[must_use]
pub fn threads(process: i32) -> Option<usize> {
    Some(fs::read_dir(file(process, "task")?).ok()?.count())
}

/// The name a process goes by: the program it runs.
#[must_use]
pub fn name(process: i32) -> Option<String> {
    let name = read(process, "comm")?;
    Some(name.trim_end().escape_debug().to_string())
}

/// Whether a process of this number exists.
#[must_use]
pub fn is_there(process: i32) -> bool {
    file(process, "stat").is_some_and(|stat| stat.exists())
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().to_string())
}

/// The text of a file. A program's name in it is cut after 15 bytes, and that
/// may be inside a character.
fn read(process: i32, name: &str) -> Option<String> {
    let bytes = fs::read(file(process, name)?).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn file(process: i32, name: &str) -> Option<PathBuf> {
    Some(place()?.join(process.to_string()).join(name))
}

/// Where to look. A /proc that was mounted in another PID namespace has other
/// numbers for the same processes: what it says of ours is about strangers.
fn place() -> Option<&'static Path> {
    let itself = fs::read_link("/proc/self").ok()?;
    let number = std::process::id().to_string();
    (itself == Path::new(&number)).then_some(Path::new("/proc"))
}
