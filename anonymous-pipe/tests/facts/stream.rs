//! Bytes in order, and nothing else: no positions, no edges, no messages.

use std::os::fd::AsRawFd;
use std::thread;

use harness::get;
use nix::errno::Errno;
use nix::libc;
use nix::unistd::{Whence, lseek, pipe, read, write};

use crate::tools::{fill, nonblocking_pipe};

/// [AP-08] Pieces of any size, written and read out of step: what is lost,
/// doubled or moved would break the count.
#[test]
fn bytes_come_out_in_the_order_they_went_in() {
    let sent: Vec<u8> = (0..251).cycle().take(200_000).collect();
    let (read_end, write_end) = get(pipe(), "pipe");
    thread::scope(|scope| {
        let bytes = &sent;
        scope.spawn(move || {
            for piece in bytes.chunks(1033) {
                assert_eq!(write(&write_end, piece), Ok(piece.len()));
            }
        });
        let (mut came, mut buffer) = (Vec::new(), [0; 5000]);
        for size in (1..=5000).cycle().step_by(7) {
            match get(read(&read_end, &mut buffer[..size]), "read") {
                0 => break,
                count => came.extend_from_slice(&buffer[..count]),
            }
        }
        assert!(came == sent, "{} of {} bytes", came.len(), sent.len());
    });
}

/// [AP-09]
#[test]
fn a_pipe_has_no_positions() {
    let (read_end, write_end) = get(pipe(), "pipe");
    assert_eq!(write(&write_end, b"Hello world!"), Ok(12));
    assert_eq!(lseek(&read_end, 6, Whence::SeekSet), Err(Errno::ESPIPE));
    let (mut buffer, fd) = ([0; 6], read_end.as_raw_fd());
    // SAFETY: the buffer has room for six bytes.
    let count = unsafe { libc::pread(fd, buffer.as_mut_ptr().cast(), 6, 6) };
    assert_eq!((count, Errno::last()), (-1, Errno::ESPIPE));
    let (word, fd) = (b"there!", write_end.as_raw_fd());
    // SAFETY: the word has six bytes.
    let count = unsafe { libc::pwrite(fd, word.as_ptr().cast(), 6, 6) };
    assert_eq!((count, Errno::last()), (-1, Errno::ESPIPE));
}

/// [AP-20] Who asks for nothing gets nothing, at once and always.
#[test]
fn a_read_of_zero_bytes_returns_zero_though_the_writer_is_there() {
    let (read_end, write_end) = nonblocking_pipe();
    assert_eq!(read(&read_end, &mut []), Ok(0), "while it is empty");
    assert_eq!(write(&write_end, b"not the end"), Ok(11));
    assert_eq!(read(&read_end, &mut []), Ok(0), "while there are bytes");
}

/// [AP-21] POSIX leaves it open what a write of nothing does.
#[cfg(target_os = "linux")]
#[test]
fn a_write_of_zero_bytes_reaches_nobody_and_asks_for_nobody() {
    use nix::poll::PollFlags;

    let (read_end, write_end) = get(pipe(), "pipe");
    assert_eq!(write(&write_end, b""), Ok(0));
    let ready = crate::tools::ready(&read_end, PollFlags::POLLIN);
    assert_eq!(ready, PollFlags::empty());
    drop(read_end);
    assert_eq!(write(&write_end, b""), Ok(0), "no EPIPE without a reader");
    assert_eq!(write(&write_end, b"x"), Err(Errno::EPIPE));
}

/// [AP-22] Three writes, one read; one write, two reads.
#[test]
fn a_pipe_does_not_know_where_one_write_ended() {
    let (read_end, write_end) = get(pipe(), "pipe");
    for word in [&b"ping"[..], b"ping", b"end"] {
        assert_eq!(write(&write_end, word), Ok(word.len()));
    }
    let mut buffer = [0; 64];
    assert_eq!(read(&read_end, &mut buffer), Ok(11));
    assert_eq!(&buffer[..11], b"pingpingend");
    assert_eq!(write(&write_end, b"abcdef"), Ok(6));
    assert_eq!(read(&read_end, &mut buffer[..4]), Ok(4));
    assert_eq!(read(&read_end, &mut buffer[..4]), Ok(2));
    assert_eq!(&buffer[..2], b"ef");
}

/// [AP-61] It does not wait for more.
#[test]
fn a_read_of_more_than_there_is_returns_what_there_is() {
    let (read_end, write_end) = nonblocking_pipe();
    let held = fill(&write_end, 512);
    let mut buffer = vec![0; held + 100_000];
    assert_eq!(read(&read_end, &mut buffer), Ok(held));
}
