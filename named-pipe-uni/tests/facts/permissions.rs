//! Who may open a FIFO, and who may take its name away.

use std::fs;
use std::io::ErrorKind;

use harness::experiment::{as_an_ordinary_user, skipped};
use harness::{get, is_root};
use nix::errno::Errno;
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, write};

use crate::{O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY};
use crate::{chmod, fifo, home_for_everybody, open, opened, read_once};

/// [NU-55] ENXIO is the answer to one who may write: nobody reads. Who owns
/// the FIFO is judged as its owner alone, even where all others may do more.
#[test]
fn the_mode_of_a_fifo_decides_who_may_open_it() {
    let home = home_for_everybody();
    let fifo = home.path().join("fifo");
    let answers = as_an_ordinary_user(|| {
        get(mkfifo(&fifo, Mode::S_IRUSR), "mkfifo");
        [0o600, 0o400, 0o200, 0o066].map(|mode| {
            chmod(&fifo, mode);
            let how = [O_RDONLY, O_WRONLY, O_RDWR];
            how.map(|how| open(&fifo, how | O_NONBLOCK).err())
        })
    });
    let (no, nobody_reads) = (Some(Errno::EACCES), Some(Errno::ENXIO));
    assert_eq!(answers[0], [None, nobody_reads, None], "0600");
    assert_eq!(answers[1], [None, no, no], "0400");
    assert_eq!(answers[2], [no, nobody_reads, no], "0200");
    assert_eq!(answers[3], [no, no, no], "0066");
}

/// [NU-55] The same for everybody else.
#[test]
fn a_fifo_of_mode_0600_is_closed_to_other_users() {
    if !is_root() {
        skipped("only root can be two users");
        return;
    }
    let home = home_for_everybody();
    let fifo = home.path().join("fifo");
    get(mkfifo(&fifo, Mode::S_IRUSR), "mkfifo");
    let answers = [0o600, 0o622].map(|mode| {
        chmod(&fifo, mode);
        let how = [O_RDONLY, O_WRONLY, O_RDWR];
        let tried = |how| open(&fifo, how | O_NONBLOCK).err();
        as_an_ordinary_user(|| how.map(tried))
    });
    let (no, nobody_reads) = (Some(Errno::EACCES), Some(Errno::ENXIO));
    assert_eq!(answers[0], [no, no, no], "0600");
    assert_eq!(answers[1], [no, nobody_reads, no], "0622");
}

/// [NU-56] Permissions are asked by open. What is open stays open.
#[test]
fn chmod_takes_nothing_from_those_who_have_a_fifo_open() {
    let home = home_for_everybody();
    let fifo = home.path().join("fifo");
    as_an_ordinary_user(|| {
        get(mkfifo(&fifo, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
        let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
        let writer = opened(&fifo, O_WRONLY);
        chmod(&fifo, 0);
        assert_eq!(write(&writer, b"still"), Ok(5));
        assert_eq!(read_once(&reader), Ok("still".to_string()));
        assert_eq!(open(&fifo, O_WRONLY).err(), Some(Errno::EACCES));
    });
}

/// [NU-57] Mode 1777, as /tmp has it: a name belongs to its maker. Without
/// the sticky bit it belongs to all who may write in the directory, whatever
/// the FIFO's own mode.
#[test]
fn only_the_sticky_bit_keeps_others_from_the_name() {
    if !is_root() {
        skipped("only root can be two users");
        return;
    }
    let (home, fifo) = fifo();
    let mine = home.path().join("mine");
    let by_another = || {
        as_an_ordinary_user(|| {
            let replaced = fs::rename(&mine, &fifo).map_err(|e| e.kind());
            let removed = fs::remove_file(&fifo).map_err(|e| e.kind());
            (replaced, removed)
        })
    };
    chmod(home.path(), 0o777);
    as_an_ordinary_user(|| get(fs::write(&mine, ""), "write"));
    chmod(home.path(), 0o1777);
    let no = Err(ErrorKind::PermissionDenied);
    assert_eq!(by_another(), (no, no));
    chmod(home.path(), 0o777);
    assert_eq!(by_another(), (Ok(()), Ok(())));
}
