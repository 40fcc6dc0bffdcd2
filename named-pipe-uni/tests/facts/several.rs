//! One FIFO, opened more than once.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{read, write};
use shared::observe::{bytes_waiting, nonblocking, same_description};

use crate::{O_NONBLOCK, O_RDONLY, O_WRONLY};
use crate::{fifo, opened, read_once};

/// [NU-48] Each open makes an open file description of its own, with flags
/// of its own.
#[test]
fn two_opens_of_a_fifo_have_two_descriptions() {
    let (_home, fifo) = fifo();
    let one = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let two = opened(&fifo, O_RDONLY | O_NONBLOCK);
    assert!(same_description(&one, &two).agrees_with(false));
    let waiting = FcntlArg::F_SETFL(OFlag::empty());
    assert_eq!(fcntl(&one, waiting), Ok(0));
    assert!(nonblocking(&one).agrees_with(false));
    assert!(nonblocking(&two).agrees_with(true));
}

/// [NU-66] Many descriptors, one buffer. Another FIFO has another.
#[test]
fn all_who_open_a_fifo_share_one_pipe() {
    let ((_home, fifo), (_elsewhere, other)) = (fifo(), crate::fifo());
    let open = || opened(&fifo, O_RDONLY | O_NONBLOCK);
    let (one, two) = (open(), open());
    let other = opened(&other, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    assert_eq!(write(&writer, b"12"), Ok(2));
    assert!(bytes_waiting(&one).agrees_with(2));
    assert!(bytes_waiting(&two).agrees_with(2));
    assert!(bytes_waiting(&other).agrees_with(0));
}

/// [NU-53] Nothing is copied for a second reader. Who gets what is a matter
/// of who asks first.
#[test]
fn each_byte_goes_to_one_reader() {
    let (_home, fifo) = fifo();
    let one = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let two = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    assert_eq!(write(&writer, b"abc"), Ok(3));
    let mut byte = [0];
    assert_eq!(read(&one, &mut byte), Ok(1));
    assert_eq!(&byte, b"a");
    assert_eq!(read_once(&two), Ok("bc".to_string()));
    assert_eq!(read_once(&one), Err(Errno::EAGAIN), "nothing is left");
}
