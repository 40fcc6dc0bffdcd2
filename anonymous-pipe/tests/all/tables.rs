//! The tables that are measured on the reader's machine. What is expected here
//! is the same on every Linux.

use harness::table;

/// The rows of an example's tables.
#[cfg(target_os = "linux")]
fn rows(example: &str) -> Vec<String> {
    table::rows(&harness::Program::example(example).run().well().stdout)
}

/// [AP-19] [AP-34] [AP-52] [AP-61] Who waits, and for what.
#[cfg(target_os = "linux")]
#[test]
fn up_to_pipe_buf_bytes_go_in_together_or_not_at_all() {
    let expected = [
        "the pipe | read of | blocking | O_NONBLOCK",
        "empty | any size | waits [empty] | EAGAIN",
        "empty, no writer | any size | 0 [eof] | 0 [eof]",
        "1 byte | any size | the bytes | the bytes",
        "1 byte, no writer | any size | the bytes | the bytes",
        "full | any size | the bytes | the bytes",
        "full, no writer | any size | the bytes | the bytes",
        "the pipe | write of | blocking | O_NONBLOCK",
        "empty | any size | all | all",
        "1 page free | 1 | all | all",
        "1 page free | PIPE_BUF | all | all",
        "1 page free | a page+1 | part, waits [full] | a part",
        "1 byte free | 1 | all | all",
        "1 byte free | PIPE_BUF | waits [full] | EAGAIN",
        "1 byte free | a page+1 | part, waits [full] | a part",
        "full | any size | waits [full] | EAGAIN",
        "no reader | any size | EPIPE [epipe] | EPIPE [epipe]",
    ];
    assert_eq!(rows("read_write_matrix"), expected);
}

/// [AP-35] [AP-49] [AP-50] A hangup comes with the last bytes, and without
/// POLLIN at the end of file. A byte can be written where poll says nothing.
#[cfg(target_os = "linux")]
#[test]
fn poll_and_select_and_epoll_agree_in_every_state() {
    let expected = [
        "the pipe | poll | select | epoll | read, 1 byte",
        "empty | - | - | - | EAGAIN [empty]",
        "1 byte | IN | ready | IN | 1 byte",
        "1 byte, no writer | IN|HUP | ready | IN|HUP | 1 byte",
        "empty, no writer | HUP | ready | HUP | 0 [eof]",
        "the pipe | poll | select | epoll | write, 1 byte",
        "empty | OUT | ready | OUT | 1 byte",
        "1 page free | OUT | ready | OUT | 1 byte",
        "1 byte free | - | - | - | 1 byte",
        "full | - | - | - | EAGAIN [full]",
        "empty, no reader | OUT|ERR | ready | OUT|ERR | EPIPE [epipe]",
        "full, no reader | ERR | ready | ERR | EPIPE [epipe]",
    ];
    assert_eq!(rows("poll_table"), expected);
}

/// [AP-32] [AP-33] Writes of a page fill a pipe to the last byte, and so do
/// writes that divide a page. One byte more than half a page wastes the rest.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_counts_slots_not_bytes() {
    let rows = rows("capacity");
    let numbers = |row: &String| -> Option<Vec<usize>> {
        row.split(" | ").map(|cell| cell.parse().ok()).collect()
    };
    // A write of so many bytes, writes, bytes that fit, bytes unused.
    let fits: Vec<_> = rows.iter().filter_map(numbers).collect();
    let fits: Vec<_> = fits.into_iter().filter(|row| row.len() == 4).collect();
    let capacity = fits[0][2] + fits[0][3];
    let page = fits[6][0];
    let full = [1, page / 4, page / 2, page, capacity];
    for row in &fits {
        assert_eq!(row[2] + row[3], capacity, "{row:?}");
        if full.contains(&row[0]) {
            assert_eq!(row[3], 0, "{row:?}");
        }
        if row[0] == page / 2 + 1 {
            assert_eq!(row[1], capacity / page, "{row:?}");
        }
    }
    assert_eq!(fits.len(), 10, "{rows:?}");
}

/// [AP-36] [AP-37]
#[cfg(target_os = "linux")]
#[test]
fn a_capacity_is_a_power_of_two_pages_and_never_below_what_is_in_use() {
    let told = harness::Program::example("capacity").run().well().stdout;
    assert!(told.contains(") = EBUSY  it counts slots"), "{told}");
    let mut grants = 0;
    for row in table::rows(&told) {
        let (wish, grant) = row.split_once(" | ").unwrap_or_default();
        if let (Ok(wish), Ok(grant)) =
            (wish.parse::<usize>(), grant.parse::<usize>())
        {
            grants += 1;
            assert!(grant >= wish && grant.is_power_of_two(), "{row}");
        }
    }
    assert!(grants >= 5, "{told}");
}

#[test]
fn every_table_has_the_manners_of_a_demo() {
    std::thread::scope(|scope| {
        for example in ["capacity", "poll_table", "read_write_matrix"] {
            scope.spawn(move || table::has_manners(example));
        }
    });
}
