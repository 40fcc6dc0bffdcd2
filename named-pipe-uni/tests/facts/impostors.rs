//! What else may be at the path, and what open can be told about it.

use std::fs;
use std::os::unix::fs::symlink;

use harness::get;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::write;

use crate::{O_CREAT, O_NONBLOCK, O_RDONLY, O_WRONLY};
use crate::{fifo, open, opened, read_once};

/// [NU-60] `O_NOFOLLOW` is the one that helps: no link leads astray. `O_CREAT`
/// is the one that harms: it never makes a FIFO.
#[test]
fn the_flags_of_open_mean_for_a_fifo_what_they_mean_for_a_file() {
    let (home, fifo) = fifo();
    let path = |name: &str| home.path().join(name);
    get(symlink("fifo", path("link")), "symlink");
    let tried = |name, how| open(&path(name), O_RDONLY | O_NONBLOCK | how);
    let refused = |name, how| tried(name, how).err();
    assert_eq!(refused("fifo", O_CREAT), None, "it is there");
    let exclusive = O_CREAT | OFlag::O_EXCL;
    assert_eq!(refused("fifo", exclusive), Some(Errno::EEXIST));
    let directory = OFlag::O_DIRECTORY;
    assert_eq!(refused("fifo", directory), Some(Errno::ENOTDIR));
    assert_eq!(refused("link", OFlag::O_NOFOLLOW), Some(Errno::ELOOP));
    assert_eq!(refused("link", OFlag::empty()), None);
    assert_eq!(refused("missing", O_CREAT), None);
    assert!(get(fs::metadata(path("missing")), "stat").is_file());
    assert!(fs::metadata(&fifo).is_ok_and(|at| !at.is_file()));
}

/// [NU-60] There is nothing to truncate, and everything goes to the end.
#[test]
fn o_trunc_and_o_append_change_nothing_in_a_fifo() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let first = opened(&fifo, O_WRONLY);
    assert_eq!(write(&first, b"keep"), Ok(4));
    let second = opened(&fifo, O_WRONLY | OFlag::O_TRUNC | OFlag::O_APPEND);
    assert_eq!(write(&second, b" it"), Ok(3));
    assert_eq!(read_once(&reader), Ok("keep it".to_string()));
}

/// [NU-58] [NU-59] `fs.protected_fifos` is about a program that says `O_CREAT`,
/// as every `>` of a shell does, and finds a FIFO that somebody has put there
/// to be written into: in a sticky directory, neither the program's own nor
/// the directory owner's. Then it is refused, and so is root.
#[cfg(target_os = "linux")]
#[test]
fn protected_fifos_refuses_o_creat_on_a_strangers_fifo_even_to_root() {
    use harness::experiment::{as_an_ordinary_user, skipped};
    use std::os::unix::fs::chown;

    /// Neither root nor the ordinary user.
    const STRANGER: u32 = 1234;

    let setting = fs::read_to_string("/proc/sys/fs/protected_fifos");
    let setting = setting.map_or(0, |text| text.trim().parse().unwrap_or(0));
    if !harness::is_root() {
        skipped("only root can make somebody else's FIFO");
        return;
    }
    if setting == 0 {
        skipped("fs.protected_fifos is 0 here: nobody is refused");
    }
    let (home, fifo) = fifo();
    crate::chmod(&fifo, 0o666);
    let tried = |how| {
        let answer = || open(&fifo, crate::O_RDWR | how).err();
        [answer(), as_an_ordinary_user(answer)]
    };
    let refused = |from| {
        let errno = (setting >= from).then_some(Errno::EACCES);
        [errno, errno]
    };
    let well = [None, None];
    get(chown(&fifo, Some(STRANGER), None), "chown");
    for (mode, with_creat) in
        [(0o777, well), (0o1777, refused(1)), (0o1775, refused(2))]
    {
        crate::chmod(home.path(), mode);
        assert_eq!(tried(O_CREAT), with_creat, "{mode:o}");
        assert_eq!(tried(OFlag::empty()), well, "{mode:o}, without O_CREAT");
    }
    crate::chmod(home.path(), 0o1777);
    get(chown(&fifo, Some(0), None), "chown");
    assert_eq!(tried(O_CREAT), well, "it is the directory's owner's");
}
