//! Bytes that move from pipe to pipe, or to a file, without a buffer of ours:
//! splice, tee and vmsplice.

use std::fs::OpenOptions;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use harness::get;
use nix::errno::Errno;
use nix::fcntl::{OFlag, SpliceFFlags, splice, tee};
use nix::libc;
use nix::unistd::{Whence, lseek, pipe, read, write};

use crate::tools::{fill, nonblocking_pipe, regular_file, set_flags, waiting};

const NONE: SpliceFFlags = SpliceFFlags::empty();
const AT_ONCE: SpliceFFlags = SpliceFFlags::SPLICE_F_NONBLOCK;

/// [AP-10] They never come to this program.
#[test]
fn bytes_can_be_dropped_without_being_read() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let nowhere = OpenOptions::new().write(true).open("/dev/null");
    let nowhere = get(nowhere, "/dev/null");
    assert_eq!(write(&write_end, b"Hello world!"), Ok(12));
    let dropped = splice(&read_end, None, &nowhere, None, 6, NONE);
    assert_eq!(dropped, Ok(6));
    let mut buffer = [0; 64];
    assert_eq!(read(&read_end, &mut buffer), Ok(6));
    assert_eq!(&buffer[..6], b"world!");
}

/// [AP-11] [AP-46] [AP-07] The one way to look at bytes and leave them.
#[test]
fn tee_copies_what_is_in_a_pipe_into_another() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let (copy_read, copy_write) = get(pipe(), "pipe");
    assert_eq!(write(&write_end, b"hello tee"), Ok(9));
    assert_eq!(tee(&read_end, &copy_write, 99, NONE), Ok(9));
    for end in [&read_end, &copy_read] {
        let mut buffer = [0; 64];
        assert_eq!(read(end, &mut buffer), Ok(9));
        assert_eq!(&buffer[..9], b"hello tee");
    }
}

/// [AP-46] It begins at the front each time: take away what was copied.
#[test]
fn tee_never_moves_on() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let (copy_read, copy_write) = get(pipe(), "pipe");
    assert_eq!(write(&write_end, b"abcdef"), Ok(6));
    assert_eq!(tee(&read_end, &copy_write, 3, NONE), Ok(3));
    assert_eq!(tee(&read_end, &copy_write, 3, NONE), Ok(3));
    let mut buffer = [0; 64];
    assert_eq!(read(&copy_read, &mut buffer), Ok(6));
    assert_eq!(&buffer[..6], b"abcabc");
    assert_eq!(waiting(&read_end), 6);
}

/// [AP-46]
#[test]
fn tee_wants_two_pipes_and_knows_empty_full_and_ended() {
    let (read_end, write_end) = nonblocking_pipe();
    let (copy_read, copy_write) = nonblocking_pipe();
    assert_eq!(tee(&read_end, &write_end, 9, NONE), Err(Errno::EINVAL));
    assert_eq!(tee(regular_file(), &write_end, 9, NONE), Err(Errno::EINVAL));
    let empty = tee(&read_end, &copy_write, 9, AT_ONCE);
    assert_eq!(empty, Err(Errno::EAGAIN));
    assert_eq!(write(&write_end, b"more"), Ok(4));
    let held = fill(&copy_write, 512);
    let full = tee(&read_end, &copy_write, 9, AT_ONCE);
    assert_eq!(full, Err(Errno::EAGAIN));
    assert_eq!(read(&copy_read, &mut vec![0; held]), Ok(held));
    drop(write_end);
    assert_eq!(read(&read_end, &mut [0; 64]), Ok(4));
    assert_eq!(tee(&read_end, &copy_write, 9, NONE), Ok(0), "ended");
}

/// [AP-44]
#[test]
fn splice_moves_bytes_between_pipes_and_files() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let (next_read, next_write) = get(pipe(), "pipe");
    let (file, mut buffer) = (regular_file(), [0; 64]);
    assert_eq!(write(&write_end, b"spliced!"), Ok(8));
    assert_eq!(splice(&read_end, None, &file, None, 99, NONE), Ok(8));
    assert_eq!(waiting(&read_end), 0, "moved, not copied");
    get(lseek(&file, 0, Whence::SeekSet), "lseek");
    assert_eq!(splice(&file, None, &write_end, None, 99, NONE), Ok(8));
    assert_eq!(splice(&read_end, None, &next_write, None, 99, NONE), Ok(8));
    assert_eq!(read(&next_read, &mut buffer), Ok(8));
    assert_eq!(&buffer[..8], b"spliced!");
    drop(write_end);
    assert_eq!(splice(&read_end, None, &file, None, 99, NONE), Ok(0));
}

/// [AP-44] As splice(2) lists them.
#[test]
fn splice_refuses_what_is_no_pipe_the_same_pipe_and_positions_in_one() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let (file, other) = (regular_file(), regular_file());
    assert_eq!(write(&write_end, b"bytes"), Ok(5));
    let no_pipe = splice(&file, None, &other, None, 9, NONE);
    assert_eq!(no_pipe, Err(Errno::EINVAL));
    let same_pipe = splice(&read_end, None, &write_end, None, 9, NONE);
    assert_eq!(same_pipe, Err(Errno::EINVAL));
    let position = splice(&read_end, Some(&mut 0), &file, None, 9, NONE);
    assert_eq!(position, Err(Errno::ESPIPE));
    let wrong_end = splice(&write_end, None, &file, None, 9, NONE);
    assert_eq!(wrong_end, Err(Errno::EBADF));
    set_flags(&file, OFlag::O_APPEND);
    let append = splice(&read_end, None, &file, None, 9, NONE);
    assert_eq!(append, Err(Errno::EINVAL));
    assert_eq!(waiting(&read_end), 5, "nothing was taken");
}

/// [AP-47] The memory is atomic because two look at it: this thread, and the
/// pipe.
#[test]
fn vmsplice_lends_memory_to_the_pipe_and_write_copies_it() {
    let memory = b"original".map(AtomicU8::new);
    let change = || {
        for (byte, new) in memory.iter().zip(b"MODIFIED") {
            byte.store(*new, Relaxed);
        }
    };
    let (read_end, write_end) = get(pipe(), "pipe");
    let mut buffer = [0; 8];

    assert_eq!(
        write(&write_end, &memory.each_ref().map(|b| b.load(Relaxed))),
        Ok(8)
    );
    let start = memory.as_ptr().cast_mut().cast();
    let lent = libc::iovec { iov_base: start, iov_len: memory.len() };
    let fd = write_end.as_raw_fd();
    // SAFETY: the memory outlives the pipe, and is made to be shared.
    let count = unsafe { libc::vmsplice(fd, &raw const lent, 1, 0) };
    assert_eq!(count, 8);
    change();

    assert_eq!(read(&read_end, &mut buffer), Ok(8));
    assert_eq!(&buffer, b"original", "written, and so copied");
    assert_eq!(read(&read_end, &mut buffer), Ok(8));
    assert_eq!(&buffer, b"MODIFIED", "lent");
}
