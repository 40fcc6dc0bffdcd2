//! What poll says of each end in each state of a pipe. The bits are POSIX's;
//! which of them come together is Linux's choice.

use harness::get;
use nix::poll::PollFlags;
use nix::unistd::{pipe, read, write};

use crate::tools::{fill, nonblocking_pipe, ready};

const IN: PollFlags = PollFlags::POLLIN;
const OUT: PollFlags = PollFlags::POLLOUT;
const HUP: PollFlags = PollFlags::POLLHUP;
const ERR: PollFlags = PollFlags::POLLERR;
const NONE: PollFlags = PollFlags::empty();

/// [AP-49] [AP-18] Bytes that are left come with the news that nobody writes.
#[test]
fn poll_tells_a_reader_of_bytes_and_of_the_end_at_once() {
    let (read_end, write_end) = get(pipe(), "pipe");
    assert_eq!(ready(&read_end, IN), NONE, "empty");
    assert_eq!(write(&write_end, b"last words"), Ok(10));
    assert_eq!(ready(&read_end, IN), IN, "bytes");
    drop(write_end);
    assert_eq!(ready(&read_end, IN), IN | HUP, "bytes, and no writer");
    assert_eq!(read(&read_end, &mut [0; 64]), Ok(10));
    assert_eq!(ready(&read_end, IN), HUP, "the end of file");
    assert_eq!(ready(&read_end, NONE), HUP, "though it was not asked for");
}

/// [AP-49]
#[test]
fn poll_tells_a_writer_of_room_and_of_the_loss_of_its_reader() {
    let (read_end, write_end) = nonblocking_pipe();
    let (other_read, other_write) = nonblocking_pipe();
    assert_eq!(ready(&write_end, OUT), OUT, "room");
    fill(&write_end, 512);
    assert_eq!(ready(&write_end, OUT), NONE, "full");
    drop(read_end);
    assert_eq!(ready(&write_end, OUT), ERR, "full, and no reader");
    drop(other_read);
    assert_eq!(ready(&other_write, OUT), OUT | ERR, "room, and no reader");
    assert_eq!(ready(&other_write, NONE), ERR, "though it was not asked for");
}
