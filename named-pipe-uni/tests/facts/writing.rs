//! What a write waits for, and what becomes of its bytes.

use harness::experiment::waits;
use nix::errno::Errno;
use nix::unistd::write;
use shared::observe::bytes_waiting;

use crate::{O_NONBLOCK, O_RDONLY, O_WRONLY};
use crate::{fifo, open, opened, read_once};

/// [NU-17] [NU-18] The ping client of "IPC: Named Pipes", whole: a hundred
/// pings and an end. It needs a reader that has the FIFO open, and no read.
#[test]
fn a_writer_needs_a_reader_that_is_there_and_not_one_that_reads() {
    let (_home, fifo) = fifo();
    let alone = open(&fifo, O_WRONLY | O_NONBLOCK);
    assert_eq!(alone.err(), Some(Errno::ENXIO));
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    for _ in 0..100 {
        assert_eq!(write(&writer, b"ping"), Ok(4));
    }
    assert_eq!(write(&writer, b"end"), Ok(3));
    drop(writer);
    assert!(bytes_waiting(&reader).agrees_with(403));
}

/// [NU-71] [full] Up to its capacity a FIFO keeps what nobody reads yet, as a
/// queue does. From there on writer and reader go in step.
#[test]
fn a_fifo_is_a_queue_until_it_is_full() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let Some(capacity) = shared::observe::capacity(&reader).0 else {
        panic!("no capacity");
    };
    let ahead = opened(&fifo, O_WRONLY | O_NONBLOCK);
    assert_eq!(write(&ahead, &vec![b'x'; capacity]), Ok(capacity));
    assert_eq!(write(&ahead, b"x"), Err(Errno::EAGAIN));
    let writer = opened(&fifo, O_WRONLY);
    let late = waits(move || write(&writer, b"late"));
    let mut all = vec![0; capacity];
    assert_eq!(nix::unistd::read(&reader, &mut all), Ok(capacity));
    assert_eq!(late.returns(), Ok(4));
    assert_eq!(read_once(&reader), Ok("late".to_string()));
}

/// [NU-45] As long as anybody has the FIFO open, its bytes stay. A new writer
/// is refused, a new reader finds what the old one left.
#[test]
fn unread_bytes_survive_their_reader_while_a_writer_stays() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    assert_eq!(write(&writer, b"kept"), Ok(4));
    drop(reader);
    assert_eq!(write(&writer, b"refused"), Err(Errno::EPIPE));
    let next = opened(&fifo, O_RDONLY | O_NONBLOCK);
    assert_eq!(read_once(&next), Ok("kept".to_string()));
}

/// [NU-46] With the last descriptor goes all that is not the name.
#[test]
fn unread_bytes_and_a_capacity_that_was_set_end_with_the_last_close() {
    use nix::fcntl::{FcntlArg::F_SETPIPE_SZ, fcntl};
    use shared::observe::capacity;
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    let usual = capacity(&reader);
    assert!(fcntl(&reader, F_SETPIPE_SZ(1)).is_ok(), "one page");
    if capacity(&reader) == usual {
        let why = "this user has so many pipes that each is of one page";
        harness::experiment::skipped(why);
    }
    assert_eq!(write(&writer, b"x"), Ok(1));
    drop((reader, writer));
    let again = opened(&fifo, O_RDONLY | O_NONBLOCK);
    assert_eq!(bytes_waiting(&again).0, Some(0));
    assert_eq!(capacity(&again), usual);
}
