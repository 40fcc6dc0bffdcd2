//! What mkfifo makes, and when it refuses.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::path::Path;

use harness::{Home, get};
use nix::errno::Errno;
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, write};
use shared::observe::bytes_waiting;

use crate::{O_NONBLOCK, O_RDONLY, O_WRONLY};
use crate::{fifo, opened};

const MODE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// [NU-01] A file of its own kind, a `p` in `ls -l`, with nothing in it.
#[test]
fn mkfifo_makes_a_file_of_type_fifo_and_of_size_zero() {
    let (_home, fifo) = fifo();
    let made = get(fs::symlink_metadata(&fifo), "lstat");
    assert!(made.file_type().is_fifo());
    assert_eq!((made.len(), made.blocks(), made.nlink()), (0, 0, 1));
}

/// [NU-10] The bytes wait in the pipe. The file is a name for it.
#[test]
fn a_fifo_has_size_zero_whatever_waits_in_it() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    assert_eq!(write(&writer, &[b'x'; 500]), Ok(500));
    assert!(bytes_waiting(&reader).agrees_with(500));
    let found = get(fs::metadata(&fifo), "stat");
    assert_eq!((found.len(), found.blocks()), (0, 0));
}

/// [NU-04] The mode may name the type, which mkfifo knows anyhow, and the
/// three bits above the permissions, which mean nothing on a FIFO.
#[cfg(target_os = "linux")]
#[test]
fn mkfifo_accepts_every_bit_of_a_mode() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::fresh();
    let made = |name: &str, mode: u32| {
        let path = home.path().join(name);
        get(mkfifo(&path, Mode::from_bits_retain(mode)), path.display());
        get(fs::metadata(&path), "stat").permissions().mode()
    };
    // The umask of this process takes away what it takes away.
    let masked = 0o777 & made("all", 0o777);
    assert_eq!(made("typed", libc::S_IFIFO | 0o640) & 0o777, 0o640 & masked);
    assert_eq!(made("special", 0o7777) & 0o7777, 0o7000 | masked);
}

/// [NU-05] A name that is taken is taken, whatever has it: even a symbolic
/// link that leads nowhere.
#[test]
fn mkfifo_never_replaces_anything() {
    let (home, fifo) = fifo();
    let path = |name: &str| home.path().join(name);
    get(fs::write(path("file"), "precious"), "write");
    get(symlink("nowhere", path("link")), "symlink");
    for taken in [&fifo, &path("file"), &path("link"), home.path()] {
        assert_eq!(mkfifo(taken, MODE), Err(Errno::EEXIST), "{taken:?}");
    }
    assert_eq!(fs::read(path("file")).ok(), Some(b"precious".to_vec()));
}

/// [NU-05] Each way of leading nowhere has its error.
#[test]
fn mkfifo_says_what_is_wrong_with_a_path() {
    let home = Home::fresh();
    let path = |name: &str| home.path().join(name);
    get(fs::write(path("file"), ""), "write");
    get(symlink("loop", path("loop")), "symlink");
    let cases = [
        (path("missing/fifo"), Errno::ENOENT),
        (path("fifo/"), Errno::ENOENT),
        (Path::new("").to_path_buf(), Errno::ENOENT),
        (path("file/fifo"), Errno::ENOTDIR),
        (path("loop/fifo"), Errno::ELOOP),
        (path(&"x".repeat(5000)), Errno::ENAMETOOLONG),
        (path(&"./".repeat(5000)), Errno::ENAMETOOLONG),
    ];
    for (path, errno) in cases {
        assert_eq!(mkfifo(&path, MODE), Err(errno), "{}", path.display());
    }
}

/// [NU-05] The longest name there may be, and one byte more.
#[test]
fn the_name_of_a_fifo_is_as_long_as_any_name() {
    use nix::unistd::{PathconfVar, pathconf};
    let home = Home::fresh();
    let limit = pathconf(home.path(), PathconfVar::NAME_MAX);
    let limit = get(limit, "pathconf").unwrap_or(255);
    let limit = usize::try_from(limit).unwrap_or(255);
    let named = |length| mkfifo(&home.path().join("x".repeat(length)), MODE);
    assert_eq!(named(limit), Ok(()));
    assert_eq!(named(limit + 1), Err(Errno::ENAMETOOLONG));
}

/// [NU-05] It takes the right to write in the directory.
#[cfg(target_os = "linux")]
#[test]
fn mkfifo_needs_a_directory_that_may_be_written_in() {
    use harness::experiment::as_an_ordinary_user;
    let home = crate::home_for_everybody();
    let made = as_an_ordinary_user(|| {
        let folder = home.path().join("folder");
        get(fs::create_dir(&folder), "mkdir");
        crate::chmod(&folder, 0o555);
        mkfifo(&folder.join("fifo"), MODE)
    });
    assert_eq!(made, Err(Errno::EACCES));
}

/// [NU-06] mkfifo(3) is a call of mknod(2), which is root's for devices only.
#[cfg(target_os = "linux")]
#[test]
fn an_ordinary_user_may_make_fifos() {
    use harness::experiment::as_an_ordinary_user;
    use nix::sys::stat::{SFlag, mknod};
    let home = crate::home_for_everybody();
    let path = |name: &str| home.path().join(name);
    let made = as_an_ordinary_user(|| {
        let by_mknod = mknod(&path("mknod"), SFlag::S_IFIFO, MODE, 0);
        (mkfifo(&path("mkfifo"), MODE), by_mknod)
    });
    assert_eq!(made, (Ok(()), Ok(())));
    for name in ["mkfifo", "mknod"] {
        let found = get(fs::metadata(path(name)), name);
        assert!(found.file_type().is_fifo(), "{name}");
    }
}
