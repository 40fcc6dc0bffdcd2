//! One process, one FIFO, one descriptor for both directions: nobody else is
//! needed, and nobody else is there.

use std::sync::Arc;

use harness::experiment::waits;
use harness::pipes::{self, polled};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::PollFlags;
use nix::unistd::{read, write};

use crate::fifo::Fifo;

/// [NB-01] open waits for the other side, and this one brings it along: even
/// for somebody else who waits for it.
#[test]
fn open_for_reading_and_writing_never_waits() {
    let fifo = Arc::new(Fifo::new());
    let writer = waits({
        let fifo = Arc::clone(&fifo);
        move || fifo.opened(OFlag::O_WRONLY)
    });
    let both = fifo.opened(OFlag::O_RDWR);
    assert!(both.is_ok() && writer.returns().is_ok());
    let how = OFlag::O_RDWR | OFlag::O_NONBLOCK;
    assert!(Fifo::new().opened(how).is_ok(), "nor does it need anybody");
}

/// [NB-02] [NB-03]
#[test]
fn whoever_is_both_ends_reads_its_own_words() {
    let both = Fifo::new().both();
    assert_eq!(write(&both, b"hello?"), Ok(6), "nobody else is there");
    let mut word = [0; 64];
    assert_eq!(read(&both, &mut word), Ok(6));
    assert_eq!(&word[..6], b"hello?");
}

/// [NB-08] With a reader and a writer that never leave there is nothing to hang
/// up about, and no error.
#[test]
fn poll_on_both_ends_tells_of_bytes_and_room_and_nothing_else() {
    let (bytes, room) = (PollFlags::POLLIN, PollFlags::POLLOUT);
    let both = Fifo::new().both();
    assert_eq!(polled(&both), room, "empty");
    assert_eq!(write(&both, b"x"), Ok(1));
    assert_eq!(polled(&both), bytes | room, "neither empty nor full");
    pipes::does_not_wait(&both);
    while write(&both, &[0; 4096]).is_ok() {}
    while write(&both, b"x").is_ok() {}
    assert_eq!(polled(&both), bytes, "full");
}

/// [NB-09] The only one who could write is the one that waits.
#[test]
fn a_read_of_ones_own_empty_fifo_waits_for_oneself() {
    let fifo = Fifo::new();
    let both = fifo.both();
    let reader = waits(move || read(&both, &mut [0; 64]));
    // Only somebody else can help.
    assert_eq!(write(fifo.both(), b"help"), Ok(4));
    assert_eq!(reader.returns(), Ok(4));
}

/// [NB-09] The only one who could read is the one that waits.
#[test]
fn a_write_of_one_byte_too_many_into_ones_own_fifo_waits_for_oneself() {
    let fifo = Fifo::new();
    let both = fifo.both();
    let capacity = pipes::capacity(&both);
    let much = vec![b'x'; capacity + 1];
    let writer = waits(move || write(&both, &much));
    assert_eq!(read(fifo.both(), &mut vec![0; capacity]), Ok(capacity));
    assert_eq!(writer.returns(), Ok(capacity + 1));
}

/// [NB-09] With `O_NONBLOCK` it is told instead.
#[test]
fn a_nonblocking_read_of_ones_own_empty_fifo_is_eagain() {
    let both = Fifo::new().both();
    pipes::does_not_wait(&both);
    assert_eq!(read(&both, &mut [0; 64]), Err(Errno::EAGAIN));
}
