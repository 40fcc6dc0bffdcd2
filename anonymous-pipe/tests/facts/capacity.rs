//! How much a pipe holds, and who may change that. Linux only.

use std::fs::read_to_string;

use harness::experiment::{as_an_ordinary_user, may, skipped, waits};
use harness::get;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{PathconfVar, fpathconf, pipe, write};

use crate::tools::{capacity, nonblocking_pipe, page, regular_file};
use crate::tools::{resize, set_flags, waiting};

/// A capability, in capabilities(7).
const CAP_SYS_RESOURCE: u32 = 24;

/// The most bytes that an ordinary user may give a pipe.
fn max() -> usize {
    let path = "/proc/sys/fs/pipe-max-size";
    get(get(read_to_string(path), path).trim().parse(), path)
}

/// [AP-31] 65536 bytes where a page has 4096.
#[test]
fn a_new_pipe_has_sixteen_pages() {
    let (read_end, write_end) = get(pipe(), "pipe");
    assert_eq!(capacity(&read_end), capacity(&write_end));
    let pages = capacity(&read_end) / page();
    if pages <= 2 {
        skipped("this user has so many pipes that new ones are small");
    } else {
        assert_eq!(capacity(&read_end), (16 * page()).min(max()));
    }
}

/// [AP-36] A page at least. Either end may be asked.
#[test]
fn a_capacity_is_rounded_up_to_a_power_of_two_of_pages() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let page = page();
    for (asked, given) in [
        (0, page),
        (1, page),
        (page, page),
        (page + 1, 2 * page),
        (5 * page, 8 * page),
        (16 * page + 1, 32 * page),
    ] {
        assert_eq!(resize(&write_end, asked), Ok(given), "{asked}");
        assert_eq!(capacity(&read_end), given);
    }
    assert_eq!(resize(&read_end, page), Ok(page), "by the reader, too");
    let minus_one = FcntlArg::F_SETPIPE_SZ(-1);
    assert_eq!(fcntl(&read_end, minus_one), Err(Errno::EINVAL));
    assert_eq!(resize(regular_file(), page), Err(Errno::EBADF));
}

/// [AP-37] Three pieces of little more than half a page would fit into two
/// pages by their bytes; they stand in three.
#[test]
fn a_pipe_cannot_be_made_smaller_than_what_is_in_it_counted_in_pages() {
    let (_read_end, write_end) = nonblocking_pipe();
    let page = page();
    let piece = vec![b'.'; page / 2 + 1];
    for _ in 0..3 {
        assert_eq!(write(&write_end, &piece), Ok(piece.len()));
    }
    assert!(waiting(&write_end) < 2 * page);
    assert_eq!(resize(&write_end, 2 * page), Err(Errno::EBUSY));
    assert_eq!(resize(&write_end, 3 * page), Ok(4 * page));
}

/// [AP-38] It is the capability that counts: root in a container may lack it.
#[test]
fn more_than_pipe_max_size_takes_a_capability_and_not_a_user() {
    let refused = as_an_ordinary_user(|| {
        let (_read_end, write_end) = get(pipe(), "pipe");
        let too_much = resize(&write_end, max() + 1);
        (may(CAP_SYS_RESOURCE), too_much)
    });
    assert_eq!(refused, (false, Err(Errno::EPERM)));

    let (_read_end, write_end) = get(pipe(), "pipe");
    let answer = resize(&write_end, max() + 1);
    if may(CAP_SYS_RESOURCE) {
        assert_eq!(answer, Ok((max() + 1).next_power_of_two()));
    } else {
        assert_eq!(answer, Err(Errno::EPERM), "root or not");
    }
}

/// [AP-40] Here the reader makes the room without reading.
#[test]
fn a_pipe_that_grows_lets_its_waiting_writer_go() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let size = capacity(&read_end);
    let writer = waits(move || write(&write_end, &vec![b'.'; size + 1]));
    assert_eq!(resize(&read_end, 2 * size), Ok(2 * size));
    assert_eq!(writer.returns(), Ok(size + 1));
    assert_eq!(waiting(&read_end), size + 1);
}

/// [AP-41] What `ulimit -p` shows, in units of 512 bytes, is this.
#[test]
fn pipe_buf_is_the_same_for_every_pipe_whatever_its_capacity() {
    let (read_end, write_end) = get(pipe(), "pipe");
    let limit = |fd| get(fpathconf(fd, PathconfVar::PIPE_BUF), "fpathconf");
    let at_first = limit(&read_end);
    assert_eq!(at_first, Some(4096), "on every Linux");
    for size in [page(), 32 * page()] {
        get(resize(&write_end, size), "F_SETPIPE_SZ");
        assert_eq!(limit(&write_end), at_first);
    }
}

/// [AP-60] Up to its capacity; one byte more, and it waits for itself, as
/// `alone_and_full` shows.
#[test]
fn a_process_may_fill_its_own_pipe_and_no_more() {
    let (read_end, write_end) = nonblocking_pipe();
    let size = capacity(&read_end);
    assert_eq!(write(&write_end, &vec![b'.'; size]), Ok(size), "all of it");
    set_flags(&write_end, OFlag::empty());
    let writer = waits(move || write(&write_end, b"x"));
    drop(read_end);
    assert_eq!(writer.returns(), Err(Errno::EPIPE));
}
