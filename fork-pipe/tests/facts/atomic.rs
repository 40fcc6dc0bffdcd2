//! What of a write can be torn apart, and what cannot.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, IoSlice, Write};
use std::os::fd::OwnedFd;

use harness::experiment::waits;
use harness::get;
use harness::pipes::{self, page, pipe_buf, waiting};
use nix::errno::Errno;
use nix::unistd::{dup, pipe, read, write};

/// A pipe of one page, with room for one byte less than `PIPE_BUF`.
fn almost_full() -> (OwnedFd, OwnedFd, usize) {
    let (read_end, write_end) = get(pipe(), "pipe");
    pipes::resize(&write_end, 1);
    let filled = page() - pipe_buf(&write_end) + 1;
    assert_eq!(write(&write_end, &vec![b'.'; filled]), Ok(filled));
    (read_end, write_end, filled)
}

/// [FP-29] [FP-34] pipe(7) promises it for less than `PIPE_BUF` bytes, and
/// POSIX for `PIPE_BUF` itself, too.
#[test]
fn a_nonblocking_write_of_pipe_buf_bytes_goes_in_whole_or_not_at_all() {
    let (read_end, write_end, filled) = almost_full();
    pipes::does_not_wait(&write_end);
    let message = vec![b'x'; pipe_buf(&write_end)];
    assert_eq!(write(&write_end, &message), Err(Errno::EAGAIN));
    assert_eq!(waiting(&read_end), filled, "not one byte of it");
    assert_eq!(read(&read_end, &mut vec![0; filled]), Ok(filled));
    assert_eq!(write(&write_end, &message), Ok(message.len()));
}

/// [FP-34] A longer one is taken as far as there is room.
#[test]
fn a_nonblocking_write_of_more_goes_in_as_far_as_there_is_room() {
    let (_read_end, write_end) = get(pipe(), "pipe");
    pipes::resize(&write_end, 2);
    pipes::does_not_wait(&write_end);
    let message = vec![b'x'; 2 * page() + 1];
    assert_eq!(write(&write_end, &message), Ok(2 * page()));
    assert_eq!(write(&write_end, b"x"), Err(Errno::EAGAIN));
}

/// [FP-35] It waits for room for all of it, and shows nothing before.
#[test]
fn a_write_of_pipe_buf_bytes_that_waits_shows_nothing() {
    let (read_end, write_end, filled) = almost_full();
    let length = pipe_buf(&write_end);
    let writer = waits(move || write(&write_end, &vec![b'x'; length]));
    assert_eq!(waiting(&read_end), filled);
    assert_eq!(read(&read_end, &mut vec![0; filled]), Ok(filled));
    assert_eq!(writer.returns(), Ok(length));
    assert_eq!(waiting(&read_end), length);
}

/// [FP-35] A longer one lies there half, for anybody to write behind it.
#[test]
fn a_longer_write_that_waits_shows_what_is_in_already() {
    let (read_end, write_end) = get(pipe(), "pipe");
    pipes::resize(&write_end, 1);
    let length = page() + pipe_buf(&write_end);
    let writer = waits(move || write(&write_end, &vec![b'x'; length]));
    assert_eq!(waiting(&read_end), page());
    assert_eq!(read(&read_end, &mut vec![0; page()]), Ok(page()));
    assert_eq!(writer.returns(), Ok(length));
}

/// [FP-33] Header and payload from two places: one write, by writev, which is
/// what Rust's `write_vectored` calls. By two calls of write the header would
/// be in.
#[test]
fn writev_is_one_write() {
    let (read_end, write_end, filled) = almost_full();
    pipes::does_not_wait(&write_end);
    let payload = vec![b'x'; pipe_buf(&write_end) - 4];
    let parts = [IoSlice::new(b"head"), IoSlice::new(&payload)];
    let mut writer = File::from(write_end);
    let refused = writer.write_vectored(&parts).map_err(|e| e.kind());
    assert_eq!(refused, Err(ErrorKind::WouldBlock));
    assert_eq!(waiting(&read_end), filled);
    assert_eq!(write(&writer, b"head"), Ok(4), "alone it fits");
}

/// [FP-32] Two long writes wait for room in one small pipe. Which of them gets
/// the next page is the kernel's choice; Linux takes turns, promised is only
/// that each one's bytes stay in order.
#[test]
fn two_long_writes_through_one_page_share_it_page_by_page() {
    let (read_end, write_end) = get(pipe(), "pipe");
    pipes::resize(&write_end, 1);
    let other_end = get(dup(&write_end), "dup");
    let length = 3 * page();
    let long = |first: u8, end: OwnedFd| {
        // Three pages: aaa…bbb…ccc…, or in capitals.
        let pages = (first..first + 3).map(|letter| vec![letter; page()]);
        let bytes = pages.collect::<Vec<_>>().concat();
        waits(move || write(&end, &bytes))
    };
    let small = long(b'a', write_end);
    let capital = long(b'A', other_end);
    let mut found = Vec::new();
    let mut piece = vec![0; page()];
    while let Ok(count @ 1..) = read(&read_end, &mut piece) {
        let letters: BTreeSet<_> = piece[..count].iter().collect();
        assert_eq!(letters.len(), 1, "a page is one writer's");
        found.push(char::from(piece[0]));
    }
    assert_eq!(small.returns(), Ok(length));
    assert_eq!(capital.returns(), Ok(length));
    let of = |is_its: fn(&char) -> bool| -> String {
        found.iter().copied().filter(is_its).collect()
    };
    assert_eq!(of(char::is_ascii_lowercase), "abc", "{found:?}");
    assert_eq!(of(char::is_ascii_uppercase), "ABC", "{found:?}");
    assert_eq!(found[0], 'a', "it came first");
}
