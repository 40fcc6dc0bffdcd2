//! Two ends, what each is for, and what a pipe refuses.

use std::os::fd::{FromRawFd, OwnedFd};

use harness::get;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::unistd::{pipe, read, write};

use crate::tools::{flags, set_flags, waiting};

/// [AP-01]
#[test]
fn pipe_gives_a_read_end_and_a_write_end_in_this_order() {
    let (read_end, write_end) = get(pipe(), "pipe");
    assert_eq!(flags(&read_end) & OFlag::O_ACCMODE, OFlag::O_RDONLY);
    assert_eq!(flags(&write_end) & OFlag::O_ACCMODE, OFlag::O_WRONLY);
}

/// [AP-02] A few other systems have pipes that go both ways.
#[test]
fn each_end_works_one_way_only() {
    let (read_end, write_end) = get(pipe(), "pipe");
    assert_eq!(write(&read_end, b"x"), Err(Errno::EBADF));
    assert_eq!(read(&write_end, &mut [0]), Err(Errno::EBADF));
}

/// [AP-03] The kernel cannot see how long the array is.
#[test]
fn pipe_stores_two_numbers_so_an_array_of_none_is_overrun() {
    let mut memory = [-1, -1, 77];
    // SAFETY: pipe stores two numbers, and there is room for three.
    assert_eq!(unsafe { libc::pipe(memory.as_mut_ptr()) }, 0);
    let [read_end, write_end, beyond] = memory;
    assert!(read_end >= 0 && write_end >= 0, "two were stored");
    assert_eq!(beyond, 77, "and no more than two");
    // SAFETY: it was made above, and this is its only owner.
    drop(unsafe { OwnedFd::from_raw_fd(read_end) });
    // SAFETY: as above.
    drop(unsafe { OwnedFd::from_raw_fd(write_end) });
}

/// [AP-04] For the third error, EMFILE, see `tests/alone.rs`.
#[cfg(target_os = "linux")]
#[test]
fn pipe_refuses_a_bad_place_and_a_flag_it_does_not_know() {
    // SAFETY: the kernel looks at the place before it stores anything.
    assert_eq!(unsafe { libc::pipe(std::ptr::null_mut()) }, -1);
    assert_eq!(Errno::last(), Errno::EFAULT);
    let not_for_pipes = OFlag::O_TRUNC;
    let refused = nix::unistd::pipe2(not_for_pipes);
    assert_eq!(refused.err(), Some(Errno::EINVAL));
}

/// [AP-05] `O_NOTIFICATION_PIPE` is another name for `O_EXCL`. Such a pipe
/// carries what the kernel has to tell, so nobody else may write into it.
#[cfg(target_os = "linux")]
#[test]
fn a_notification_pipe_is_there_only_if_the_kernel_was_built_with_it() {
    match nix::unistd::pipe2(OFlag::O_EXCL) {
        Err(Errno::ENOPKG) => {}
        Ok((_read_end, write_end)) => {
            assert_eq!(write(&write_end, b"x"), Err(Errno::EXDEV));
        }
        Err(e) => {
            let old =
                e == Errno::EINVAL && harness::experiment::kernel() < (5, 8);
            assert!(old, "pipe2(O_NOTIFICATION_PIPE): {e}");
        }
    }
}

/// [AP-06] [AP-07] The string of "The Internals of Unix Pipes and FIFOs",
/// with the zero byte that C counts. What is read is gone.
#[test]
fn what_is_written_at_one_end_is_read_at_the_other_and_then_gone() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let string = c"Hello world!".to_bytes_with_nul();
    assert_eq!(write(&write_end, string), Ok(13));
    assert_eq!(waiting(&read_end), 13);
    if cfg!(target_os = "linux") {
        assert_eq!(waiting(&write_end), 13, "either end tells");
    }
    let mut buffer = [0; 13];
    assert_eq!(read(&read_end, &mut buffer), Ok(13));
    assert_eq!(buffer, string);
    assert_eq!(waiting(&read_end), 0);
}

/// [AP-57] `F_SETFL` answers that all is well.
#[test]
fn the_access_mode_of_an_end_cannot_be_changed() {
    let (read_end, _write_end) = get(pipe(), "pipe");
    set_flags(&read_end, OFlag::O_RDWR);
    assert_eq!(flags(&read_end) & OFlag::O_ACCMODE, OFlag::O_RDONLY);
    assert_eq!(write(&read_end, b"x"), Err(Errno::EBADF));
}

/// [AP-30] A file's bytes can be kept, cut, mapped and copied in place. A
/// pipe's cannot.
#[cfg(target_os = "linux")]
#[test]
fn what_only_files_can_do_fails_on_a_pipe() {
    use nix::fcntl::copy_file_range;
    use nix::sys::sendfile::sendfile;
    use nix::unistd::{fsync, ftruncate};
    use std::os::fd::AsRawFd;

    let (read_end, write_end) = get(pipe(), "pipe");
    let file = crate::tools::regular_file();
    assert_eq!(write(&write_end, b"bytes"), Ok(5));

    assert_eq!(fsync(&write_end), Err(Errno::EINVAL));
    assert_eq!(ftruncate(&write_end, 0), Err(Errno::EINVAL));
    let (nowhere, fd) = (std::ptr::null_mut(), read_end.as_raw_fd());
    let (readable, shared) = (libc::PROT_READ, libc::MAP_SHARED);
    // SAFETY: at a place of the kernel's choice it covers nothing of ours.
    let map = unsafe { libc::mmap(nowhere, 5, readable, shared, fd, 0) };
    assert_eq!((map, Errno::last()), (libc::MAP_FAILED, Errno::ENODEV));
    let copied = copy_file_range(&read_end, None, &file, None, 5);
    assert_eq!(copied, Err(Errno::EINVAL));

    // sendfile wants something with positions to send from: a file into a
    // pipe is fine, a pipe into a file is not.
    assert_eq!(sendfile(&file, &read_end, None, 5), Err(Errno::EINVAL));
    assert_eq!(write(&file, b"and more"), Ok(8));
    assert_eq!(sendfile(&write_end, &file, Some(&mut 0), 8), Ok(8));
    assert_eq!(waiting(&read_end), 13, "the five are still there");
}
