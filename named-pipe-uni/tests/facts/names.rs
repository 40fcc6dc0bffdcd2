//! The name of a FIFO, and what happens when it goes, moves or comes again.

use std::fs;
use std::os::unix::fs::symlink;

use harness::get;
use nix::errno::Errno;
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, unlink, write};
use shared::observe::bytes_waiting;

use crate::{O_NONBLOCK, O_RDONLY, O_WRONLY};
use crate::{fifo, open, opened, read_once};

/// [NU-49] [NU-36] Removing a FIFO ends nothing but the coming of others. Its
/// memory is given back by those who close it.
#[test]
fn unlink_takes_the_name_and_leaves_the_pipe() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    assert_eq!(unlink(&fifo), Ok(()));
    assert_eq!(write(&writer, b"still"), Ok(5));
    assert_eq!(read_once(&reader), Ok("still".to_string()));
    let next = open(&fifo, O_WRONLY | O_NONBLOCK);
    assert_eq!(next.err(), Some(Errno::ENOENT));
}

/// [NU-49] /proc has a way in that needs no name.
#[cfg(target_os = "linux")]
#[test]
fn a_fifo_without_a_name_can_be_opened_by_way_of_proc() {
    use std::os::fd::AsRawFd;
    use std::path::PathBuf;
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    assert_eq!(unlink(&fifo), Ok(()));
    let link = PathBuf::from(format!("/proc/self/fd/{}", reader.as_raw_fd()));
    let leads_to = get(fs::read_link(&link), "readlink");
    assert!(leads_to.to_string_lossy().ends_with("/fifo (deleted)"));
    let writer = opened(&link, O_WRONLY);
    assert_eq!(write(&writer, b"found"), Ok(5));
    assert_eq!(read_once(&reader), Ok("found".to_string()));
}

/// [NU-50] Two groups of programs, each sure to be at the right place, and
/// no error anywhere: a server that makes its FIFO anew has to say goodbye to
/// the old one.
#[test]
fn a_new_fifo_of_an_old_name_is_another_pipe() {
    let (_home, fifo) = fifo();
    let old_reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let old_writer = opened(&fifo, O_WRONLY);
    assert_eq!(unlink(&fifo), Ok(()));
    assert_eq!(mkfifo(&fifo, Mode::S_IRUSR | Mode::S_IWUSR), Ok(()));
    let client = open(&fifo, O_WRONLY | O_NONBLOCK);
    assert_eq!(client.err(), Some(Errno::ENXIO), "the old reader is none");
    let new_reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    assert_eq!(write(&old_writer, b"to the old"), Ok(10));
    assert!(bytes_waiting(&new_reader).agrees_with(0));
    assert_eq!(read_once(&old_reader), Ok("to the old".to_string()));
}

/// [NU-52] Who has it open does not notice; who comes by any of the names
/// meets them.
#[test]
fn rename_link_and_symlink_lead_to_the_same_pipe() {
    let (home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let path = |name: &str| home.path().join(name);
    get(fs::rename(&fifo, path("renamed")), "rename");
    get(fs::hard_link(path("renamed"), path("linked")), "link");
    get(symlink("linked", path("symbolic")), "symlink");
    for name in ["renamed", "linked", "symbolic"] {
        let writer = opened(&path(name), O_WRONLY | O_NONBLOCK);
        assert_eq!(write(&writer, name.as_bytes()), Ok(name.len()));
        assert_eq!(read_once(&reader), Ok(name.to_string()));
    }
}

/// [NU-08] A file system in memory will do: a name needs no disk.
#[cfg(target_os = "linux")]
#[test]
fn a_fifo_may_live_on_a_file_system_without_a_disk() {
    use nix::sys::statfs::{TMPFS_MAGIC, statfs};
    use std::path::Path;
    let place = Path::new("/dev/shm");
    if statfs(place).map(|at| at.filesystem_type()) != Ok(TMPFS_MAGIC) {
        harness::experiment::skipped("/dev/shm is no tmpfs here");
        return;
    }
    let home = harness::Home::below(place);
    let fifo = home.path().join("fifo");
    assert_eq!(mkfifo(&fifo, Mode::S_IRUSR | Mode::S_IWUSR), Ok(()));
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    assert_eq!(write(&writer, b"hi"), Ok(2));
    assert_eq!(read_once(&reader), Ok("hi".to_string()));
}
