//! What Linux shows of a pipe from outside, and what can be done with its
//! name in /proc.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::OpenOptionsExt;

use harness::experiment::{at_once, kernel, skipped};
use harness::get;
use nix::errno::Errno;
use nix::libc;
use nix::sys::stat::fstat;
use nix::sys::statfs::{FsType, fstatfs};
use nix::unistd::{pipe, read, write};

use crate::tools::{flags, nonblocking_pipe, waiting};

/// The name by which /proc has a descriptor of this process.
fn path(fd: impl AsFd) -> String {
    format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd())
}

/// [AP-23] Pipes are in a file system of their own, which cannot be mounted:
/// no path leads there, and no disk is behind it.
#[test]
fn a_pipe_lives_in_a_file_system_without_paths() {
    let (read_end, _write_end) = get(pipe(), "pipe");
    let kind = get(fstatfs(&read_end), "fstatfs").filesystem_type();
    assert_eq!(kind, FsType(0x5049_5045), "PIPE, in ASCII");
    let name = get(fs::read_link(path(&read_end)), "readlink");
    assert!(!name.exists(), "{} is no path", name.display());
}

/// [AP-24] Somebody made it, so it has an owner. Its size is 0 however much
/// waits; other systems give the bytes that wait.
#[test]
fn a_pipe_has_an_owner_and_a_mode_and_never_a_size() {
    let (read_end, write_end) = get(pipe(), "pipe");
    assert_eq!(write(&write_end, b"Hello world!"), Ok(12));
    let found = get(fstat(&read_end), "fstat");
    assert_eq!(found.st_mode, libc::S_IFIFO | 0o600);
    assert_eq!(found.st_uid, nix::unistd::geteuid().as_raw());
    assert_eq!((found.st_nlink, found.st_size), (1, 0));
    assert_eq!(waiting(&read_end), 12);
}

/// [AP-25]
#[test]
fn proc_names_a_pipe_by_its_inode_and_gives_the_flags_of_an_end() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let inode = get(fstat(&read_end), "fstat").st_ino;
    for end in [&read_end, &write_end] {
        let name = get(fs::read_link(path(end)), "readlink");
        assert_eq!(name.to_str(), Some(&*format!("pipe:[{inode}]")));
        let info = path(end).replace("/fd/", "/fdinfo/");
        let info = get(fs::read_to_string(&info), info);
        assert!(info.contains("pos:\t0\n"), "{info}");
        let octal = info.lines().find_map(|l| l.strip_prefix("flags:\t"));
        let bits = i32::from_str_radix(octal.unwrap_or_default(), 8);
        assert_eq!(bits, Ok(flags(end).bits()), "{info}");
    }
}

/// [AP-26] The name opens either end anew, as the caller likes: here the read
/// end's name is used to write. For flags, see
/// `a_reopened_end_has_flags_of_its_own`.
#[test]
fn opening_an_end_in_proc_makes_a_new_end_of_any_kind() {
    let (read_end, write_end) = nonblocking_pipe();
    let open = OpenOptions::new().write(true).open(path(&read_end));
    let mut third = get(open, "open");
    get(third.write_all(b"by the read end's name"), "write");
    assert_eq!(read(&read_end, &mut [0; 64]), Ok(22));

    // It is a writer like the others: while it is there, there is no end.
    drop(write_end);
    assert_eq!(read(&read_end, &mut [0; 64]), Err(Errno::EAGAIN));
    drop(third);
    assert_eq!(read(&read_end, &mut [0; 64]), Ok(0));
}

/// [AP-26] A FIFO's open for writing answers ENXIO without a reader, or
/// waits for one. This one does neither, and a reader can come back.
#[test]
fn opening_an_end_in_proc_never_waits_and_revives_a_dead_pipe() {
    let (read_end, write_end) = get(pipe(), "pipe");
    drop(read_end);
    assert_eq!(write(&write_end, b"x"), Err(Errno::EPIPE));
    for flags in [libc::O_NONBLOCK, 0] {
        let name = path(&write_end);
        let opened = at_once(move || {
            OpenOptions::new().write(true).custom_flags(flags).open(name)
        });
        assert!(opened.is_ok(), "{opened:?}");
    }

    let reader = get(File::open(path(&write_end)), "open");
    assert_eq!(write(&write_end, b"back again"), Ok(10));
    assert_eq!(read(&reader, &mut [0; 64]), Ok(10));
}

/// [AP-59] Up to Linux 6.14 they moved on an anonymous pipe, too.
#[test]
fn reading_and_writing_moves_the_times_of_a_fifo_but_not_of_a_pipe() {
    use harness::experiment::becomes;
    use nix::sys::stat::Mode;

    let times = |fd: &dyn AsFd| {
        let found = get(fstat(fd.as_fd()), "fstat");
        let read = (found.st_atime, found.st_atime_nsec);
        (read, (found.st_mtime, found.st_mtime_nsec))
    };
    let home = harness::Home::fresh();
    let name = home.path().join("fifo");
    get(nix::unistd::mkfifo(&name, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
    let fifo = OpenOptions::new().read(true).write(true).open(&name);
    let fifo = get(fifo, "open");
    let (read_end, write_end) = get(pipe(), "pipe");
    let before = (times(&fifo), times(&read_end));

    // The clock for these times goes in steps of some milliseconds. The pipe
    // is used last: its times could have moved with the FIFO's.
    let moved = becomes(|| {
        for (reader, writer) in [
            (fifo.as_fd(), fifo.as_fd()),
            (read_end.as_fd(), write_end.as_fd()),
        ] {
            assert_eq!(write(writer, b"x"), Ok(1));
            assert_eq!(read(reader, &mut [0]), Ok(1));
        }
        times(&fifo) != before.0
    });
    assert!(moved, "{:?}", before.0);
    if kernel() < (6, 15) {
        skipped("before Linux 6.15 a pipe's times move");
    } else {
        assert_eq!(times(&read_end), before.1);
    }
}
