//! One reader, and writers that come and go: what read and poll say.

use harness::experiment::{at_once, waits};
use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::unistd::{read, write};

use crate::{O_NONBLOCK, O_RDONLY, O_WRONLY};
use crate::{fifo, opened, read_once, revents};

/// [NU-37] [eof]
#[test]
fn the_end_of_file_comes_after_the_last_of_several_writers() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writers = [(); 3].map(|()| opened(&fifo, O_WRONLY));
    let [first, second, last] = writers;
    for early in [first, second] {
        drop(early);
        assert_eq!(read_once(&reader), Err(Errno::EAGAIN));
        assert_eq!(revents(&reader), PollFlags::empty());
    }
    drop(last);
    assert_eq!(read_once(&reader), Ok(String::new()));
    assert_eq!(revents(&reader), PollFlags::POLLHUP);
}

/// [NU-19] [empty] [eof] Three answers of one call: a lone reader does not
/// wait, and one that waits gets bytes, or the end of file.
#[test]
fn read_waits_for_bytes_only_while_there_is_a_writer() {
    let (_home, fifo) = fifo();
    let lone = opened(&fifo, O_RDONLY | O_NONBLOCK);
    assert_eq!(read_once(&lone), Ok(String::new()), "nobody to wait for");
    let writer = opened(&fifo, O_WRONLY);
    let reader = opened(&fifo, O_RDONLY);
    let both = waits(move || (read_once(&reader), read_once(&reader)));
    assert_eq!(write(&writer, b"ping"), Ok(4));
    drop(writer);
    let (first, second) = both.returns();
    assert_eq!(first, Ok("ping".to_string()));
    assert_eq!(second, Ok(String::new()));
}

/// [NU-39] The end of file that read finds before the first writer is none
/// that poll reports: a server may open early, and sleep.
#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_came_first_is_not_ready_in_poll() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    assert_eq!(read_once(&reader), Ok(String::new()));
    assert_eq!(revents(&reader), PollFlags::empty());
    drop(opened(&fifo, O_WRONLY));
    assert_eq!(revents(&reader), PollFlags::POLLHUP, "one came, and left");
}

/// [NU-40] The same as for any pipe.
#[test]
fn poll_tells_four_states_of_a_fifo_apart() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    let (bytes, gone) = (PollFlags::POLLIN, PollFlags::POLLHUP);
    assert_eq!(revents(&reader), PollFlags::empty(), "a silent writer");
    assert_eq!(write(&writer, b"abc"), Ok(3));
    assert_eq!(revents(&reader), bytes, "bytes wait");
    drop(writer);
    assert_eq!(revents(&reader), bytes | gone, "bytes of one who left");
    assert_eq!(read_once(&reader), Ok("abc".to_string()));
    assert_eq!(revents(&reader), gone, "none are left");
}

/// [NU-42] What "Simple IPC Using Named Pipes" fears is a read of no header
/// after the writer left. Its `revents == POLLIN` never lets it come so far;
/// a reader without that guard finds 0 bytes of 4, or 2.
#[test]
fn after_the_writer_left_there_may_be_no_header_to_read() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    assert_eq!(write(&writer, &[12, 0]), Ok(2), "half a header");
    drop(writer);
    assert_ne!(revents(&reader), PollFlags::POLLIN, "it would not read");
    let mut header = [0; 4];
    assert_eq!(read(&reader, &mut header), Ok(2));
    assert_ne!(revents(&reader), PollFlags::POLLIN, "nor here");
    assert_eq!(read(&reader, &mut header), Ok(0));
}

/// [NU-23] The ping server of "IPC: Named Pipes" reads until a message is
/// "end". From a client that died before it gets nothing, for ever, and
/// without a pause.
#[test]
fn a_loop_that_ends_at_a_message_does_not_end_at_the_end_of_file() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let client = opened(&fifo, O_WRONLY);
    let server = opened(&fifo, O_RDONLY);
    drop(reader);
    assert_eq!(write(&client, b"ping"), Ok(4));
    drop(client);
    let nothing = Ok(String::new());
    let more = at_once(move || {
        let received = (0..1000).map(|_| read_once(&server));
        received.filter(|data| *data == nothing).count()
    });
    assert_eq!(more, 999, "one ping, and never \"end\"");
}
