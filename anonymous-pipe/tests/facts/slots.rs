//! A pipe is a ring of pages, and counts those: room is not arithmetic. Linux
//! only; the slots are its own way to make a pipe.

use harness::experiment::waits;
use harness::get;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::PollFlags;
use nix::unistd::{read, write};

use crate::tools::{capacity, fill, nonblocking_pipe, page, ready};
use crate::tools::{resize, set_flags, waiting};

/// [AP-32] Bytes one by one fill every page to its end. Pieces of more than
/// half a page get a page each, and the rest of it stays empty.
#[test]
fn how_much_fits_depends_on_the_size_of_the_writes() {
    let page = page();
    let fits = |piece| {
        let (_read_end, write_end) = nonblocking_pipe();
        let slots = get(resize(&write_end, 4 * page), "F_SETPIPE_SZ") / page;
        (fill(&write_end, piece), slots)
    };
    for piece in [1, page / 2, page] {
        let (bytes, slots) = fits(piece);
        assert_eq!(bytes, slots * page, "{piece} at a time");
    }
    for piece in [page / 2 + 1, page - 1] {
        let (bytes, slots) = fits(piece);
        assert_eq!(bytes, slots * piece, "{piece} at a time");
    }
}

/// [AP-33] As large as what is left of the last page goes in; a byte more
/// does not, though the other pages have room, too.
#[test]
fn a_full_pipe_takes_what_still_fits_into_its_last_page() {
    let (_read_end, write_end) = nonblocking_pipe();
    let (page, piece) = (page(), page() * 3 / 4);
    let slots = capacity(&write_end) / page;
    assert_eq!(fill(&write_end, piece), slots * piece);
    let rest = vec![b'.'; page - piece + 1];
    assert_eq!(write(&write_end, &rest), Err(Errno::EAGAIN));
    assert_eq!(write(&write_end, &rest[1..]), Ok(page - piece));
}

/// [AP-33] What a write has beyond whole pages may go into the last page, and
/// nothing else may: where one byte is free, a page + 1 hands over that byte.
#[test]
fn a_free_byte_takes_the_odd_byte_of_a_large_write() {
    let page = page();
    let answer = |size| {
        let (read_end, write_end) = nonblocking_pipe();
        fill(&write_end, page);
        assert_eq!(read(&read_end, &mut vec![0; page]), Ok(page));
        assert_eq!(write(&write_end, &vec![b'.'; page - 1]), Ok(page - 1));
        write(&write_end, &vec![b'.'; size])
    };
    for size in [1, page + 1, 2 * page + 1] {
        assert_eq!(answer(size), Ok(1), "a write of {size}");
    }
    for size in [2, page, page + 2, 2 * page] {
        assert_eq!(answer(size), Err(Errno::EAGAIN), "a write of {size}");
    }
}

/// [AP-34] A page is free again when its last byte is read.
#[test]
fn there_can_be_room_for_thousands_of_bytes_and_not_for_one() {
    let (read_end, write_end) = nonblocking_pipe();
    let page = page();
    let size = fill(&write_end, page);
    assert_eq!(read(&read_end, &mut vec![0; page - 1]), Ok(page - 1));
    assert_eq!(waiting(&read_end), size - page + 1, "a page less a byte");
    assert_eq!(write(&write_end, b"x"), Err(Errno::EAGAIN));
    assert_eq!(read(&read_end, &mut [0]), Ok(1));
    assert_eq!(write(&write_end, b"x"), Ok(1));
}

/// [AP-34] The same with the smallest of pipes: what is read in front does
/// not make room behind.
#[test]
fn a_pipe_of_one_page_that_is_never_emptied_fills_up() {
    let (read_end, write_end) = nonblocking_pipe();
    assert_eq!(resize(&write_end, page()), Ok(page()));
    let mut went_in = 0;
    while let Ok(count) = write(&write_end, &[b'.'; 100]) {
        went_in += count;
        assert_eq!(read(&read_end, &mut [0; 90]), Ok(90));
    }
    assert_eq!(went_in, page() / 100 * 100, "as without any read");
    assert!(waiting(&read_end) < page() / 2, "and it is hardly filled");
}

/// [AP-35] It promises a page, which is `PIPE_BUF` bytes at least.
#[test]
fn after_pollout_a_nonblocking_write_of_pipe_buf_is_never_refused() {
    let (read_end, write_end) = nonblocking_pipe();
    let piece = [b'.'; libc::PIPE_BUF];
    let (mut random, mut writes) = (1_u32, 0);
    for _ in 0..2000 {
        if ready(&write_end, PollFlags::POLLOUT) == PollFlags::POLLOUT {
            assert_eq!(write(&write_end, &piece), Ok(piece.len()));
            writes += 1;
        }
        // Anything from 0 to 8191 bytes is read.
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let _ = read(&read_end, &mut vec![0; (random >> 19) as usize]);
    }
    assert!((100..2000).contains(&writes), "at times it was full: {writes}");
}

/// [AP-35] The other way round it promises nothing.
#[test]
fn without_pollout_a_small_write_may_succeed() {
    let (_read_end, write_end) = nonblocking_pipe();
    let size = capacity(&write_end);
    let but_for_the_last = vec![b'.'; size - page()];
    get(write(&write_end, &but_for_the_last), "write");
    assert_eq!(write(&write_end, b"x"), Ok(1), "the last page has begun");
    assert!(ready(&write_end, PollFlags::POLLOUT).is_empty());
    assert_eq!(write(&write_end, b"x"), Ok(1));
}

/// [AP-35] A write that may wait does so until its last byte is in.
#[test]
fn after_pollout_a_blocking_write_of_more_than_a_page_waits() {
    let (read_end, write_end) = nonblocking_pipe();
    let size = capacity(&write_end);
    get(write(&write_end, &vec![b'.'; size - page()]), "write");
    assert_eq!(ready(&write_end, PollFlags::POLLOUT), PollFlags::POLLOUT);
    set_flags(&write_end, OFlag::empty());
    let two_pages = vec![b'.'; 2 * page()];
    let writer = waits(move || write(&write_end, &two_pages));
    assert_eq!(read(&read_end, &mut vec![0; size]), Ok(size));
    assert_eq!(writer.returns(), Ok(2 * page()));
}
