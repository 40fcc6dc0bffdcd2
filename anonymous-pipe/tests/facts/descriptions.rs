//! Descriptors and what they refer to: what a dup shares, and what it has of
//! its own.

use std::os::fd::AsRawFd;

use harness::get;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::libc;
use nix::sys::stat::{Mode, SFlag, fchmod, fstat};
use nix::unistd::{dup, mkfifo, pipe, read, write};

use crate::tools::{flags, set_flags};

/// [AP-12] The listing of "The Internals of Unix Pipes and FIFOs" takes both
/// copies from `pipefd[0]`.
#[test]
fn a_dup_of_the_read_end_is_a_second_read_end() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let meant_to_write = get(dup(&read_end), "dup");
    assert_eq!(write(&meant_to_write, b"x"), Err(Errno::EBADF));
    assert_eq!(write(&write_end, b"ab"), Ok(2));
    let (mut one, mut other) = ([0], [0]);
    assert_eq!(read(&meant_to_write, &mut one), Ok(1));
    assert_eq!(read(&read_end, &mut other), Ok(1));
    assert_eq!((one, other), (*b"a", *b"b"), "each byte goes to one of them");
}

/// [AP-13] [AP-58] `FD_CLOEXEC` is the descriptor's own: a dup is open across
/// exec, even if the original is not.
#[test]
fn a_dup_shares_all_but_the_flag_for_exec() {
    let (read_end, _write_end) = get(pipe(), "pipe");
    let flag = FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC);
    get(fcntl(&read_end, flag), "F_SETFD");
    let copy = get(dup(&read_end), "dup");
    set_flags(&copy, OFlag::O_NONBLOCK);
    assert!(flags(&read_end).contains(OFlag::O_NONBLOCK), "shared");
    assert_eq!(fcntl(&read_end, FcntlArg::F_GETFD), Ok(libc::FD_CLOEXEC));
    assert_eq!(fcntl(&copy, FcntlArg::F_GETFD), Ok(0));
}

/// [AP-58] Three ways to ask for it at the start. Only on Linux does nix have
/// `pipe2`.
#[cfg(target_os = "linux")]
#[test]
fn only_pipe_itself_leaves_its_ends_open_across_exec() {
    let leaks = |fd: &dyn std::os::fd::AsFd| {
        fcntl(fd.as_fd(), FcntlArg::F_GETFD) == Ok(0)
    };
    let (read_end, write_end) = get(pipe(), "pipe");
    assert!(leaks(&read_end) && leaks(&write_end));
    let pair = get(nix::unistd::pipe2(OFlag::O_CLOEXEC), "pipe2");
    assert!(!leaks(&pair.0) && !leaks(&pair.1));
    let pair = get(std::io::pipe(), "pipe");
    assert!(!leaks(&pair.0) && !leaks(&pair.1));
    assert!(!leaks(&get(read_end.try_clone(), "try_clone")));
}

/// [AP-14] One pipe, two open file descriptions: flags of the one are not
/// flags of the other.
#[test]
fn the_two_ends_are_two_descriptions_of_one_pipe() {
    let (read_end, write_end) = get(pipe(), "pipe");
    set_flags(&write_end, OFlag::O_NONBLOCK);
    assert!(!flags(&read_end).contains(OFlag::O_NONBLOCK));
    if cfg!(target_os = "linux") {
        let inode = |end| get(fstat(end), "fstat").st_ino;
        assert_eq!(inode(&read_end), inode(&write_end));
    }
}

/// [AP-16]
#[test]
fn dup2_onto_itself_is_nothing_and_dup3_refuses_it() {
    let (read_end, _write_end) = get(pipe(), "pipe");
    let fd = read_end.as_raw_fd();
    // SAFETY: dup2 onto the same number closes nothing.
    assert_eq!(unsafe { libc::dup2(fd, fd) }, fd);
    #[cfg(target_os = "linux")]
    {
        // SAFETY: as above; it is refused.
        assert_eq!(unsafe { libc::dup3(fd, fd, 0) }, -1);
        assert_eq!(Errno::last(), Errno::EINVAL);
    }
}

/// [AP-29] Access is decided when something is opened.
#[test]
fn chmod_does_not_take_an_open_end_away() {
    let (read_end, write_end) = get(pipe(), "pipe");
    get(fchmod(&read_end, Mode::empty()), "fchmod");
    assert_eq!(get(fstat(&write_end), "fstat").st_mode & 0o777, 0);
    assert_eq!(write(&write_end, b"x"), Ok(1));
    assert_eq!(read(&read_end, &mut [0]), Ok(1));
}

/// [AP-64] fstat cannot tell a pipe from a FIFO. The manual can: a FIFO is
/// the one that has a name.
#[test]
fn a_pipe_and_a_fifo_are_of_one_file_type() {
    let home = harness::Home::fresh();
    let name = home.path().join("fifo");
    get(mkfifo(&name, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
    let named = get(nix::sys::stat::stat(&name), "stat");
    let (read_end, _write_end) = get(pipe(), "pipe");
    let nameless = get(fstat(&read_end), "fstat");
    for found in [named, nameless] {
        let kind = SFlag::from_bits_truncate(found.st_mode & libc::S_IFMT);
        assert_eq!(kind, SFlag::S_IFIFO);
    }
}
