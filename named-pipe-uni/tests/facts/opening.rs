//! What open waits for, and what it does not wait for.

use harness::experiment::waits;
use harness::get;
use nix::poll::PollFlags;
use nix::unistd::write;
use shared::observe::nonblocking;

use crate::{O_NONBLOCK, O_RDONLY, O_WRONLY};
use crate::{fifo, open, opened, read_once, revents};

/// [NU-13] [open] A reader waits twice, for two things: open for a writer,
/// read for a byte.
#[test]
fn open_waits_for_a_writer_and_not_for_its_bytes() {
    let (_home, fifo) = fifo();
    let path = fifo.clone();
    let reader = waits(move || open(&path, O_RDONLY));
    let writer = opened(&fifo, O_WRONLY | O_NONBLOCK);
    let reader = get(reader.returns(), "open");
    let answer = waits(move || read_once(&reader));
    assert_eq!(write(&writer, b"hi"), Ok(2));
    assert_eq!(answer.returns(), Ok("hi".to_string()));
}

/// [NU-54] They wait for a writer, not each for its own.
#[test]
fn one_writer_releases_all_readers_that_wait_in_open() {
    let (_home, fifo) = fifo();
    let readers = [fifo.clone(), fifo.clone()]
        .map(|path| waits(move || open(&path, O_RDONLY)));
    drop(opened(&fifo, O_WRONLY | O_NONBLOCK));
    for reader in readers {
        assert!(reader.returns().is_ok());
    }
}

/// [NU-14] poll waits by itself, so it asks for no `O_NONBLOCK`. What needs
/// that flag is an open without a writer, and a read of more than is there.
#[test]
fn a_descriptor_that_waits_in_read_can_be_polled() {
    let (_home, fifo) = fifo();
    let first = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    let reader = opened(&fifo, O_RDONLY);
    drop(first);
    assert!(nonblocking(&reader).agrees_with(false));
    assert_eq!(revents(&reader), PollFlags::empty());
    assert_eq!(write(&writer, b"hi"), Ok(2));
    assert_eq!(revents(&reader), PollFlags::POLLIN);
    assert_eq!(read_once(&reader), Ok("hi".to_string()));
}

/// [NU-47] That somebody came is all that open promises.
#[cfg(target_os = "linux")]
#[test]
fn who_waited_in_open_may_find_that_the_other_has_left_again() {
    let (_home, fifo) = fifo();
    let path = fifo.clone();
    let writer = waits(move || open(&path, O_WRONLY));
    drop(opened(&fifo, O_RDONLY | O_NONBLOCK));
    let writer = get(writer.returns(), "open");
    assert_eq!(write(&writer, b"x"), Err(nix::Error::EPIPE));
}

/// [NU-16] A reader and a writer may come from one open; and a lone reader
/// may read, though it finds the end of file only.
#[cfg(target_os = "linux")]
#[test]
fn a_fifo_is_usable_before_two_sides_have_opened_it() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    assert_eq!(read_once(&reader), Ok(String::new()));
    drop(reader);
    let both = opened(&fifo, crate::O_RDWR);
    assert_eq!(write(&both, b"mine"), Ok(4));
    assert_eq!(read_once(&both), Ok("mine".to_string()));
}

/// [NU-62] `O_PATH` takes the name in hand, and opens nothing: it counts
/// neither as a reader nor as a writer, until it is opened by way of /proc.
#[cfg(target_os = "linux")]
#[test]
fn o_path_opens_a_fifo_at_once_and_is_nobodys_partner() {
    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    use std::os::fd::AsRawFd;
    use std::path::PathBuf;
    let (_home, fifo) = fifo();
    let name = opened(&fifo, OFlag::O_PATH);
    assert_eq!(read_once(&name), Err(Errno::EBADF));
    assert_eq!(write(&name, b"x"), Err(Errno::EBADF));
    let size = fcntl(&name, FcntlArg::F_GETPIPE_SZ);
    assert_eq!(size, Err(Errno::EBADF));
    assert_eq!(revents(&name), PollFlags::POLLNVAL);
    let lone = open(&fifo, O_WRONLY | O_NONBLOCK);
    assert_eq!(lone.err(), Some(Errno::ENXIO), "it is no reader");
    let link = PathBuf::from(format!("/proc/self/fd/{}", name.as_raw_fd()));
    let reader = opened(&link, O_RDONLY | O_NONBLOCK);
    let writer = opened(&link, O_WRONLY);
    assert_eq!(write(&writer, b"by /proc"), Ok(8));
    assert_eq!(read_once(&reader), Ok("by /proc".to_string()));
    drop(reader);
    assert_eq!(write(&writer, b"x"), Err(Errno::EPIPE), "nor one now");
}
