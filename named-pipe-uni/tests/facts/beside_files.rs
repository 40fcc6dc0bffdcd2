//! Linux: a FIFO beside a regular file, and beside an anonymous pipe.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::FileTypeExt;

use harness::experiment::waits;
use harness::get;
use nix::errno::Errno;
use nix::unistd::pipe;

use crate::{O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY};
use crate::{fifo, open, opened};

/// [NU-28] A descriptor comes and goes; the name stays.
#[test]
fn a_fifo_is_there_while_nobody_has_it_open() {
    let (_home, fifo) = fifo();
    drop(opened(&fifo, O_RDONLY | O_NONBLOCK));
    let alone = open(&fifo, O_WRONLY | O_NONBLOCK);
    assert_eq!(alone.err(), Some(Errno::ENXIO), "nobody has it open");
    let found = get(fs::symlink_metadata(&fifo), "lstat");
    assert!(found.file_type().is_fifo());
}

/// [NU-26] Rust's standard library opens it so, too. What that is good for,
/// and what it breaks, is the lesson of named-pipe-bidi.
#[test]
fn a_fifo_can_be_opened_for_reading_and_writing() {
    let (_home, fifo) = fifo();
    let both = File::options().read(true).write(true).open(&fifo);
    let mut both = get(both, "open");
    get(both.write_all(b"mine"), "write_all");
    let mut four = [0; 4];
    get(both.read_exact(&mut four), "read_exact");
    assert_eq!(&four, b"mine");
}

/// [NU-09] Without a position, and without contents to keep. The error
/// numbers are Linux's.
#[test]
fn calls_for_the_contents_of_a_file_fail_on_a_fifo() {
    use nix::fcntl::{PosixFadviseAdvice, posix_fadvise, posix_fallocate};
    use nix::unistd::{Whence, fsync, ftruncate, lseek, truncate};
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::FileExt;
    let (_home, fifo) = fifo();
    let end = File::from(opened(&fifo, O_RDWR | O_NONBLOCK));
    assert_eq!(lseek(&end, 0, Whence::SeekCur), Err(Errno::ESPIPE));
    let at = end.read_at(&mut [0], 0).map_err(|e| e.raw_os_error());
    assert_eq!(at, Err(Some(libc::ESPIPE)));
    assert_eq!(posix_fallocate(&end, 0, 1), Err(Errno::ESPIPE));
    let advice = PosixFadviseAdvice::POSIX_FADV_NORMAL;
    assert_eq!(posix_fadvise(&end, 0, 0, advice), Err(Errno::ESPIPE));
    assert_eq!(ftruncate(&end, 0), Err(Errno::EINVAL));
    assert_eq!(truncate(&fifo, 0), Err(Errno::EINVAL));
    assert_eq!(fsync(&end), Err(Errno::EINVAL));
    let (any, fd) = (std::ptr::null_mut(), end.as_raw_fd());
    let (access, how) = (libc::PROT_READ, libc::MAP_SHARED);
    // SAFETY: a new mapping, at a place of the kernel's choice, hits no other.
    let mapped = unsafe { libc::mmap(any, 1, access, how, fd, 0) };
    assert_eq!(mapped, libc::MAP_FAILED);
    assert_eq!(Errno::last(), Errno::ENODEV);
}

/// [NU-09] Whatever is about the name, its owner and its locks.
#[test]
fn calls_for_the_name_of_a_file_work_on_a_fifo() {
    use nix::fcntl::{Flock, FlockArg};
    use std::time::SystemTime;
    let (home, fifo) = fifo();
    let end = File::from(opened(&fifo, O_RDONLY | O_NONBLOCK));
    assert!(end.set_modified(SystemTime::UNIX_EPOCH).is_ok(), "utime");
    assert!(Flock::lock(end, FlockArg::LockExclusiveNonblock).is_ok());
    crate::chmod(&fifo, 0o640);
    let other = home.path().join("other");
    get(fs::hard_link(&fifo, &other), "link");
    get(fs::rename(&other, home.path().join("third")), "rename");
    get(fs::remove_file(&fifo), "unlink");
}

/// [NU-69] It copies regular files only, and finds out too late: it opens
/// first, and then it looks.
#[test]
fn fs_copy_waits_for_a_writer_and_then_refuses_a_fifo() {
    let (home, fifo) = fifo();
    let (from, to) = (fifo.clone(), home.path().join("copy"));
    let copied = waits(move || fs::copy(from, to));
    drop(opened(&fifo, O_WRONLY | O_NONBLOCK));
    let refused = copied.returns().map_err(|e| e.kind());
    assert_eq!(refused, Err(ErrorKind::InvalidInput));
}

/// [NU-64] No byte reaches the file system, but the hour does.
#[test]
fn writing_and_reading_change_the_times_of_a_fifo() {
    use nix::sys::statvfs::{FsFlags, statvfs};
    use std::fs::FileTimes;
    use std::time::SystemTime;
    let (_home, fifo) = fifo();
    let mut end = File::from(opened(&fifo, O_RDWR | O_NONBLOCK));
    let long_ago = SystemTime::UNIX_EPOCH;
    let both = FileTimes::new().set_modified(long_ago).set_accessed(long_ago);
    get(end.set_times(both), "futimens");
    let times = || get(fs::metadata(&fifo), "stat");
    get(end.write_all(b"x"), "write");
    assert_ne!(times().modified().ok(), Some(long_ago));
    assert_eq!(times().accessed().ok(), Some(long_ago));
    get(end.read_exact(&mut [0]), "read");
    let at = get(statvfs(&fifo), "statvfs").flags();
    if at.contains(FsFlags::ST_NOATIME) {
        let why = "this file system is mounted noatime: no read is noted";
        harness::experiment::skipped(why);
    } else {
        assert_ne!(times().accessed().ok(), Some(long_ago));
    }
}

/// [NU-65] An end of a pipe can be opened anew, on either side, and nobody
/// waits: even a pipe whose reader has gone comes back to life. A FIFO keeps
/// its rule at every open. [open]
#[test]
fn open_by_way_of_proc_has_no_rule_for_a_pipe_and_one_for_a_fifo() {
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::path::PathBuf;
    let again = |end: &OwnedFd| {
        let link = format!("/proc/self/fd/{}", end.as_raw_fd());
        open(&PathBuf::from(link), O_WRONLY | O_NONBLOCK)
    };
    let (read_end, write_end) = get(pipe(), "pipe");
    drop(read_end);
    assert!(again(&write_end).is_ok(), "a writer without a reader");
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    drop(reader);
    assert_eq!(again(&writer).err(), Some(Errno::ENXIO));
}
