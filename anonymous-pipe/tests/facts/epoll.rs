//! What epoll reports, once or again and again, and the signal that comes
//! with each write. Linux only, as epoll is.

use harness::get;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::sys::signal::Signal::SIGIO;
use nix::unistd::{pipe, read, write};

use crate::tools::{came, holding_back, regular_file, set_flags};

const IN: EpollFlags = EpollFlags::EPOLLIN;
const HUP: EpollFlags = EpollFlags::EPOLLHUP;
const NONE: EpollFlags = EpollFlags::empty();

/// What epoll has to report of the one thing that it watches.
fn report(epoll: &Epoll) -> EpollFlags {
    let mut events = [EpollEvent::empty()];
    let count = get(epoll.wait(&mut events, 0_u8), "epoll_wait");
    if count == 0 { NONE } else { events[0].events() }
}

/// [AP-51]
#[test]
fn epoll_by_level_repeats_itself_until_the_pipe_is_empty() {
    let epoll = get(Epoll::new(EpollCreateFlags::empty()), "epoll");
    let (read_end, write_end) = get(pipe(), "pipe");
    get(epoll.add(&read_end, EpollEvent::new(IN, 0)), "EPOLL_CTL_ADD");
    assert_eq!(report(&epoll), NONE);
    assert_eq!(write(&write_end, b"abcd"), Ok(4));
    assert_eq!((report(&epoll), report(&epoll)), (IN, IN));
    assert_eq!(read(&read_end, &mut [0; 64]), Ok(4));
    assert_eq!(report(&epoll), NONE);
}

/// [AP-51] Who reads a part and waits for the next report may wait for
/// ever: read until EAGAIN.
#[test]
fn epoll_by_edge_reports_each_write_once_and_no_rest() {
    let epoll = get(Epoll::new(EpollCreateFlags::empty()), "epoll");
    let (read_end, write_end) = get(pipe(), "pipe");
    let edge = EpollEvent::new(IN | EpollFlags::EPOLLET, 0);
    get(epoll.add(&read_end, edge), "EPOLL_CTL_ADD");
    assert_eq!(write(&write_end, b"abcd"), Ok(4));
    assert_eq!((report(&epoll), report(&epoll)), (IN, NONE));
    assert_eq!(read(&read_end, &mut [0; 2]), Ok(2));
    assert_eq!(report(&epoll), NONE, "two bytes are left");
    assert_eq!(write(&write_end, b"e"), Ok(1));
    assert_eq!((report(&epoll), report(&epoll)), (IN, NONE));
    drop(write_end);
    assert_eq!((report(&epoll), report(&epoll)), (IN | HUP, NONE));
}

/// [AP-51] A file is always ready, so there is nothing to watch.
#[test]
fn epoll_takes_pipes_and_refuses_files() {
    let epoll = get(Epoll::new(EpollCreateFlags::empty()), "epoll");
    let added = epoll.add(regular_file(), EpollEvent::new(IN, 0));
    assert_eq!(added, Err(Errno::EPERM));
}

/// [AP-48] For each write, though nothing was read in between, and for
/// the end. It is sent to one thread here, which holds it back.
#[test]
fn with_o_async_each_write_sends_a_signal_and_so_does_the_end() {
    use nix::fcntl::OFlag;
    use std::os::fd::AsRawFd;

    // Of fcntl.h: a command, and an owner who is a thread. The libc crate
    // has them not yet.
    const F_SETOWN_EX: i32 = 15;
    const F_OWNER_TID: i32 = 0;

    holding_back(SIGIO, || {
        let (read_end, write_end) = get(pipe(), "pipe");
        let owner = [F_OWNER_TID, nix::unistd::gettid().as_raw()];
        let (fd, owner) = (read_end.as_raw_fd(), owner.as_ptr());
        // SAFETY: it reads a struct of two ints.
        assert_eq!(unsafe { libc::fcntl(fd, F_SETOWN_EX, owner) }, 0);
        set_flags(&read_end, OFlag::O_ASYNC);
        assert!(!came(SIGIO));
        assert_eq!(write(&write_end, b"x"), Ok(1));
        assert!(came(SIGIO));
        assert_eq!(write(&write_end, b"y"), Ok(1));
        assert!(came(SIGIO));
        drop(write_end);
        assert!(came(SIGIO));
    });
}
