//! What nobody is told: bytes that vanish, and a side that has left.

use harness::experiment::{as_an_ordinary_user, waits};
use harness::pipes::{polled, waiting};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::PollFlags;
use nix::sys::stat::Mode;
use nix::unistd::{read, write};

use crate::fifo::Fifo;

/// [NB-03] [NB-04] A client that leaves before its server has come loses its
/// words, and every call of its succeeded.
#[test]
fn the_last_close_takes_the_unread_bytes_with_it() {
    let fifo = Fifo::new();
    let client = fifo.both();
    assert_eq!(write(&client, b"precious"), Ok(8));
    drop(client);
    assert_eq!(waiting(fifo.both()), 0);
}

/// [NB-04] Any descriptor keeps them, whoever has it open.
#[test]
fn one_open_descriptor_is_enough_to_keep_the_bytes() {
    let fifo = Fifo::new();
    let (client, keeper) = (fifo.both(), fifo.both());
    assert_eq!(write(&client, b"precious"), Ok(8));
    drop(client);
    assert_eq!(waiting(&keeper), 8);
}

/// [NB-05] It is one end, so the other may be missing, and that can be said.
#[test]
fn a_client_that_only_writes_is_told_that_no_server_is_there() {
    let fifo = Fifo::new();
    let how = OFlag::O_WRONLY | OFlag::O_NONBLOCK;
    assert_eq!(fifo.opened(how).err(), Some(Errno::ENXIO));
    let _server = fifo.both();
    assert!(fifo.opened(how).is_ok());
}

/// [NB-06] One writer is left: whoever reads.
#[test]
fn when_the_other_side_leaves_there_is_no_end_of_file() {
    let fifo = Fifo::new();
    let (mine, its) = (fifo.both(), fifo.both());
    assert_eq!(write(&its, b"bye"), Ok(3));
    drop(its);
    assert_eq!(read(&mine, &mut [0; 64]), Ok(3));
    assert_eq!(polled(&mine), PollFlags::POLLOUT, "no hangup");
    let reader = waits(move || read(&mine, &mut [0; 64]));
    assert_eq!(write(fifo.both(), b"x"), Ok(1));
    assert_eq!(reader.returns(), Ok(1), "only bytes end it");
}

/// [NB-07] One reader is left: whoever writes.
#[test]
fn when_the_other_side_leaves_there_is_no_epipe() {
    let fifo = Fifo::new();
    let (mine, its) = (fifo.both(), fifo.both());
    drop(its);
    assert_eq!(write(&mine, b"lost?"), Ok(5));
}

/// [NB-10] Even the owner needs both permissions.
#[test]
fn opening_for_both_needs_permission_for_both() {
    as_an_ordinary_user(|| {
        let (reading, writing) = (Mode::S_IRUSR, Mode::S_IWUSR);
        let both = |mode| Fifo::of_mode(mode).opened(OFlag::O_RDWR).err();
        assert_eq!(both(writing), Some(Errno::EACCES));
        assert_eq!(both(reading), Some(Errno::EACCES));
        assert_eq!(both(reading | writing), None);
    });
}
