//! Who gets a message. Which of several it is may differ each time; what is
//! here is what does not.

use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

use harness::experiment::waits;
use harness::get;
use harness::pipes::{self, waiting};
use nix::errno::Errno;
use nix::unistd::{read, write};

use crate::fifo::Fifo;

/// What one read brings.
fn read_from(end: &OwnedFd) -> nix::Result<Vec<u8>> {
    let mut bytes = [0; 4];
    read(end, &mut bytes).map(|count| bytes[..count].to_vec())
}

/// [NB-11] [NB-17] There is an order in which the other side gets nothing, and
/// nothing forbids it.
#[test]
fn a_message_that_its_sender_takes_back_is_lost_for_the_other_side() {
    let fifo = Fifo::new();
    let (mine, its) = (fifo.both(), fifo.both());
    assert_eq!(write(&mine, b"ping"), Ok(4));
    assert_eq!(waiting(&its), 4, "it could be read there");
    assert_eq!(read_from(&mine), Ok(b"ping".to_vec()));
    assert_eq!(waiting(&its), 0, "it will not be");
}

/// [NB-12] Ten milliseconds, as in a well-known demo: enough for a client that
/// is there already, and nothing for one that has something else to do.
#[test]
fn a_pause_before_reading_does_not_make_the_message_the_others() {
    let fifo = Fifo::new();
    let (server, client) = (fifo.both(), fifo.both());
    assert_eq!(write(&server, b"ping"), Ok(4));
    // Here the pause is the experiment: it is what people try.
    thread::sleep(Duration::from_millis(10));
    assert_eq!(read_from(&server), Ok(b"ping".to_vec()), "my own ping");
    pipes::does_not_wait(&client);
    assert_eq!(read_from(&client), Err(Errno::EAGAIN), "too late");
}

/// [NB-13] A byte goes to one reader.
#[test]
fn of_two_readers_that_wait_one_gets_the_message() {
    let fifo = Fifo::new();
    let writer = fifo.both();
    let reader = || {
        let end = fifo.both();
        waits(move || read_from(&end))
    };
    let readers = [reader(), reader()];
    assert_eq!(write(&writer, b"ping"), Ok(4));
    let still = readers.iter().filter(|reader| reader.still_waits()).count();
    assert_eq!(still, 1);
    assert_eq!(write(&writer, b"pong"), Ok(4));
    let mut got = readers.map(|reader| get(reader.returns(), "read"));
    got.sort();
    assert_eq!(got, [b"ping", b"pong"]);
}

/// [NB-13] Nobody takes turns for them.
#[test]
fn one_of_two_readers_may_get_every_message() {
    let fifo = Fifo::new();
    let (quick, slow) = (fifo.both(), fifo.both());
    for _ in 0..3 {
        assert_eq!(write(&quick, b"ping"), Ok(4));
    }
    for _ in 0..3 {
        assert_eq!(read_from(&quick), Ok(b"ping".to_vec()));
    }
    assert_eq!(waiting(&slow), 0);
}
