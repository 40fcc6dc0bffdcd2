//! Packet mode: a pipe that does know where one write ended.

use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;

use harness::{Home, get};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, pipe2, read, write};

use crate::tools::{
    capacity, fill, nonblocking_pipe, page, set_flags, waiting,
};

/// What one read of at most 64 bytes gives.
fn one_read(fd: impl AsFd) -> Vec<u8> {
    let mut buffer = [0; 64];
    let count = get(read(fd, &mut buffer), "read");
    buffer[..count].to_vec()
}

/// [AP-42]
#[test]
fn with_o_direct_each_write_is_a_packet_and_each_read_takes_one() {
    let mode = OFlag::O_DIRECT | OFlag::O_NONBLOCK;
    let (read_end, write_end) = get(pipe2(mode), "pipe2");
    for packet in [&b"one"[..], b"two2", b"12345"] {
        assert_eq!(write(&write_end, packet), Ok(packet.len()));
    }
    assert_eq!(one_read(&read_end), b"one");
    assert_eq!(one_read(&read_end), b"two2");
    assert_eq!(read(&read_end, &mut [0; 2]), Ok(2), "of five bytes");
    assert_eq!(read(&read_end, &mut [0; 64]), Err(Errno::EAGAIN), "the rest");
}

/// [AP-42] More than a page is more than one packet; and a packet of one byte
/// takes a whole page.
#[test]
fn a_packet_has_a_page_at_most_and_takes_one_in_any_case() {
    let mode = OFlag::O_DIRECT | OFlag::O_NONBLOCK;
    let (read_end, write_end) = get(pipe2(mode), "pipe2");
    let (page, slots) = (page(), capacity(&write_end) / page());
    assert_eq!(write(&write_end, &vec![b'.'; page + 900]), Ok(page + 900));
    let mut buffer = vec![0; 2 * page];
    assert_eq!(read(&read_end, &mut buffer), Ok(page));
    assert_eq!(read(&read_end, &mut buffer), Ok(900));
    assert_eq!(fill(&write_end, 1), slots, "a byte a page");
}

/// [AP-43] It is the writer's flag, and can be set later.
#[test]
fn o_direct_counts_at_the_write_end_of_an_open_pipe() {
    let (read_end, write_end) = nonblocking_pipe();
    set_flags(&write_end, OFlag::O_DIRECT);
    assert_eq!(
        (write(&write_end, b"a"), write(&write_end, b"b")),
        (Ok(1), Ok(1))
    );
    assert_eq!(one_read(&read_end), b"a");
    assert_eq!(one_read(&read_end), b"b");
    set_flags(&write_end, OFlag::empty());
    set_flags(&read_end, OFlag::O_DIRECT | OFlag::O_NONBLOCK);
    assert_eq!(
        (write(&write_end, b"a"), write(&write_end, b"b")),
        (Ok(1), Ok(1))
    );
    assert_eq!(one_read(&read_end), b"ab", "the read end's flag does nothing");
}

/// [AP-43] Once it is open.
#[test]
fn a_fifo_can_be_set_to_packets_but_not_opened_so() {
    let home = Home::fresh();
    let name = home.path().join("fifo");
    get(mkfifo(&name, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
    let both = std::fs::OpenOptions::new().read(true).write(true).clone();
    let opened = both.clone().custom_flags(libc::O_DIRECT).open(&name);
    let errno = opened.err().and_then(|e| e.raw_os_error());
    assert_eq!(errno, Some(libc::EINVAL));
    let fifo = get(both.open(&name), "open");
    set_flags(&fifo, OFlag::O_DIRECT | OFlag::O_NONBLOCK);
    assert_eq!((write(&fifo, b"one"), write(&fifo, b"two")), (Ok(3), Ok(3)));
    assert_eq!(one_read(&fifo), b"one");
    assert_eq!(one_read(&fifo), b"two");
}

/// [AP-42] An empty packet would look like the end of file: there is none.
#[test]
fn a_write_of_nothing_is_no_packet() {
    let (read_end, write_end) = nonblocking_pipe();
    set_flags(&write_end, OFlag::O_DIRECT | OFlag::O_NONBLOCK);
    assert_eq!(write(&write_end, b""), Ok(0));
    assert_eq!(waiting(&read_end), 0);
    assert_eq!(read(&read_end, &mut [0]), Err(Errno::EAGAIN));
}
