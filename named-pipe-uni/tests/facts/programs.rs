//! What the programs of the articles take for granted of buffers and text.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use harness::experiment::waits;
use harness::get;
use nix::errno::Errno;
use nix::unistd::{read, write};

use crate::{O_NONBLOCK, O_RDONLY, O_WRONLY};
use crate::{fifo, opened, read_once};

/// [NU-33] In Python it is `open(path, "w")` that has a buffer, in C it is
/// stdio. What was written goes out when the buffer is full, flushed or
/// closed.
#[test]
fn what_is_written_to_a_buffer_is_not_sent_yet() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = File::from(opened(&fifo, O_WRONLY));
    let mut writer = BufWriter::new(writer);
    get(writer.write_all(b"Hello, named pipe!"), "write_all");
    assert_eq!(read_once(&reader), Err(Errno::EAGAIN));
    get(writer.flush(), "flush");
    assert_eq!(read_once(&reader), Ok("Hello, named pipe!".to_string()));
}

/// [NU-34] `open(path).read()` is a read up to the end of file, and that
/// comes when all writers have left.
#[test]
fn reading_everything_waits_for_every_writer_to_leave() {
    let (_home, fifo) = fifo();
    let first = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let (one, two) = (opened(&fifo, O_WRONLY), opened(&fifo, O_WRONLY));
    let reader = File::from(opened(&fifo, O_RDONLY));
    drop(first);
    assert_eq!(write(&one, b"Hello"), Ok(5));
    drop(one);
    let all = waits(move || io::read_to_string(reader));
    assert_eq!(write(&two, b", all"), Ok(5));
    drop(two);
    assert_eq!(all.returns().ok().as_deref(), Some("Hello, all"));
}

/// [NU-24] Bytes go through as they are, and need not be text. Where they are
/// text, a read may end in the middle of a character.
#[test]
fn a_read_can_cut_a_character_in_two() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    assert_eq!(write(&writer, "naïve".as_bytes()), Ok(6));
    let mut three = [0; 3];
    assert_eq!(read(&reader, &mut three), Ok(3));
    assert_eq!(&three, b"na\xc3");
    assert!(str::from_utf8(&three).is_err(), "no text any more");
}

/// [NU-32] "Server" is a word for who is there first. Which way the bytes go
/// is another question, and the FIFO minds neither.
#[test]
fn whoever_makes_a_fifo_may_read_it_or_write_it() {
    let (_home, fifo) = fifo();
    let server = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let client = opened(&fifo, O_WRONLY);
    assert_eq!(write(&client, b"ask"), Ok(3));
    assert_eq!(read_once(&server), Ok("ask".to_string()));
    drop((server, client));
    let client = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let server = opened(&fifo, O_WRONLY);
    assert_eq!(write(&server, b"tell"), Ok(4));
    assert_eq!(read_once(&client), Ok("tell".to_string()));
}
