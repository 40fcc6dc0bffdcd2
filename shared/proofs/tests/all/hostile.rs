//! Places where no FIFO can be made or opened, and what else may have its
//! name. Each server and each client says so in one sentence, and leaves what
//! it found as it was.
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use harness::experiment::skipped;
use harness::{Home, Program, Signal, get, is_root};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use shared::observe::hang;

pub(crate) const SERVERS: [&[&str]; 3] = [
    &["named-pipe-uni", "server"],
    &["named-pipe-bidi", "server"],
    &["named-pipe-bidi", "server", "--two-fifos"],
];

pub(crate) const CLIENTS: [&[&str]; 3] = [
    &["named-pipe-uni", "client"],
    &["named-pipe-bidi", "client"],
    &["named-pipe-bidi", "client", "--two-fifos"],
];

/// Who owns nothing, and is neither root nor the user of these tests.
const STRANGER: u32 = 1234;

pub(crate) fn program(words: &[&str]) -> Program {
    Program::binary(words[0]).args(&words[1..])
}

/// The same as an ordinary user; none, if nobody but root may run it here.
pub(crate) fn as_an_ordinary_user(
    before: &[&str],
    words: &[&str],
) -> Option<Program> {
    static THEY_MAY: OnceLock<bool> = OnceLock::new();
    const NOBODY: [&str; 3] =
        ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let path = Program::binary(words[0]).path();
    let whole = |words: &[&str]| {
        let (user, rest) = if is_root() {
            (Program::new("setpriv").args(&NOBODY), before)
        } else {
            let (first, rest) = before.split_first().unwrap_or((&"env", &[]));
            (Program::new(first), rest)
        };
        user.args(rest).arg(&path).args(words)
    };
    let runs = || whole(&["--version"]).run().shell_status() == 0;
    if !THEY_MAY.get_or_init(|| !is_root() || runs()) {
        skipped("only root may read the programs here");
        return None;
    }
    Some(whole(&words[1..]))
}

pub(crate) fn fifo(path: &Path) {
    get(mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR), path.display());
}

fn chmod(path: &Path, mode: u32) {
    get(fs::set_permissions(path, Permissions::from_mode(mode)), "chmod");
}

/// A path, what it leads to, and the bytes if that is a file.
type Entry = (PathBuf, [u64; 3], Option<Vec<u8>>);

/// All that a program could have changed.
fn contents(place: &Path) -> Vec<Entry> {
    let entries = get(fs::read_dir(place), place.display()).flatten();
    let mut all: Vec<_> = entries
        .map(|entry| {
            let at = get(entry.metadata(), "lstat");
            let bytes = at.is_file().then(|| fs::read(entry.path()).ok());
            let is = [at.ino(), at.mode().into(), at.uid().into()];
            (entry.path(), is, bytes.flatten())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn what_is_no_fifo_of_ones_own_is_told_in_a_sentence_and_left() {
    let home = Home::fresh();
    let path = |name: &str| home.path().join(name);
    get(fs::write(path("file"), "precious"), "write");
    fifo(&path("fifo"));
    for (name, target) in [("to-fifo", "fifo"), ("to-file", "file")] {
        get(symlink(target, path(name)), "symlink");
    }
    let long = "x".repeat(256);
    // Longer than PATH_MAX, and no name in it is.
    let longest = "x/".repeat(2048) + "x";
    let link = ("EEXIST", "a symbolic link has the name");
    let to_link = ("ELOOP", "it is a symbolic link, and not followed");
    let too_long = ("ENAMETOOLONG", "is too long");
    let lost = ("ENOENT", "a directory on the way to it is missing");
    let through = ("ENOTDIR", "a part of the path is not a directory");
    let before = contents(home.path());
    for (name, server, client) in [
        ("to-fifo", link, to_link),
        ("to-file", link, to_link),
        ("missing/fifo", lost, ("ENOENT", "who serves makes it first")),
        ("file/fifo", through, through),
        (&long, too_long, too_long),
        (&longest, too_long, too_long),
    ] {
        let run = |words: &&[&str]| program(words).arg(path(name));
        // One by one: with two FIFOs, one is there for a moment.
        let servers = SERVERS.each_ref().map(|words| run(words).run());
        let clients = Program::run_all(CLIENTS.each_ref().map(run));
        for ended in servers {
            let _ = ended.refused(1, &["mkfifo ", server.0, server.1]);
        }
        for ended in clients {
            let _ = ended.refused(1, &["open ", client.0, client.1]);
        }
    }
    for words in SERVERS.iter().chain(&CLIENTS) {
        let empty = program(words).arg("").run();
        let _ = empty.refused(1, &["ENOENT", "the path is empty"]);
    }
    // No link and no file becomes a FIFO by waiting.
    for (name, why) in [("to-fifo", "ELOOP"), ("file", "it is not a FIFO")] {
        let client = Program::binary("named-pipe-uni");
        let client = client.args(&["client", "--wait"]).arg(path(name));
        let _ = client.run().refused(1, &["open ", why]);
    }
    assert_eq!(contents(home.path()), before);
}

/// Where names can be looked up and not made.
#[test]
fn in_a_directory_that_may_not_be_written_nothing_is_made() {
    let home = Home::fresh();
    let folder = home.path().join("folder");
    get(fs::create_dir(&folder), "mkdir");
    if is_root() {
        get(chown(&folder, Some(65534), Some(65534)), "chown");
    }
    chmod(&folder, 0o500);
    let tmpdir = format!("TMPDIR={}", folder.display());
    let demos: [&[&str]; 2] = [&["named-pipe-uni"], &["named-pipe-bidi"]];
    for words in SERVERS {
        let Some(server) = as_an_ordinary_user(&[], words) else { return };
        let told = server.arg(folder.join("fifo")).run();
        let _ = told.refused(1, &["mkfifo ", "EACCES", "permissions forbid"]);
    }
    // And so for the place that is agreed on, and the demo's own.
    for words in SERVERS.iter().chain(&demos) {
        let here = as_an_ordinary_user(&["env", &tmpdir], words);
        let Some(here) = here else { return };
        let _ = here.run().refused(1, &["mk", "folder/", "EACCES"]);
    }
    chmod(&folder, 0o700);
    assert_eq!(contents(&folder), []);
}

/// The place that is agreed on, or the demo's own, where it is none.
#[test]
fn a_temporary_directory_that_is_none_is_told_in_a_sentence() {
    let home = Home::fresh();
    let path = |name: &str| home.path().join(name).display().to_string();
    let before = contents(home.path());
    let demos: [&[&str]; 2] = [&["named-pipe-uni"], &["named-pipe-bidi"]];
    let long = "x".repeat(256);
    for (place, server, client) in [
        ("missing\nand\x1b[31mred", "ENOENT", "ENOENT"),
        (&long, "ENAMETOOLONG", "ENAMETOOLONG"),
    ] {
        let place = path(place);
        let run = |words: &&[&str], word: &str| {
            let ended = program(words).env("TMPDIR", &place).run();
            let told = ended.refused(1, &[word, &place[..20]]);
            assert!(!told.stderr.contains('\x1b'), "{told:?}");
        };
        for words in SERVERS.iter().chain(&demos) {
            run(words, server);
        }
        for words in &CLIENTS {
            run(words, client);
        }
    }
    assert_eq!(contents(home.path()), before);
}

/// The setting `fs.protected_fifos` refuses `O_CREAT` at such a FIFO, from 1
/// on in a directory that all may write, to root, too. The programs never say
/// `O_CREAT`, and see whose it is: they answer the same under 0, 1 and 2.
/// .ci/run sets them all.
#[test]
fn a_strangers_fifo_in_a_sticky_directory_is_refused_whatever_is_protected() {
    if !is_root() {
        skipped("only root can make a stranger's FIFO");
        return;
    }
    let home = Home::fresh();
    chmod(home.path(), 0o1777);
    let path = home.path().join("fifo");
    fifo(&path);
    chmod(&path, 0o666);
    get(chown(&path, Some(STRANGER), None), "chown");
    let before = contents(home.path());
    let setting = "/proc/sys/fs/protected_fifos";
    let setting = fs::read_to_string(setting).unwrap_or("unknown".into());
    println!("fs.protected_fifos is {}", setting.trim());

    let refused = |words: &[&str], why: &[&str]| {
        let _ = program(words).arg(&path).run().refused(1, why);
        if let Some(ordinary) = as_an_ordinary_user(&[], words) {
            let _ = ordinary.arg(&path).run().refused(1, why);
        }
    };
    let waits: &[&str] = &["named-pipe-uni", "client", "--wait"];
    for words in SERVERS {
        refused(words, &["EEXIST", "somebody else's FIFO has the name"]);
    }
    for words in CLIENTS.iter().chain(&[waits]) {
        refused(words, &["ENXIO", "it is somebody else's FIFO"]);
    }
    // With a reader open succeeds, and would let in what it says.
    let mut both = fs::File::options();
    let both = get(both.read(true).write(true).open(&path), "open");
    for words in [CLIENTS[0], waits] {
        refused(words, &["open ", "it is somebody else's FIFO"]);
    }
    assert!(shared::observe::bytes_waiting(&both).agrees_with(0));
    assert_eq!(contents(home.path()), before);
}

/// Any byte but NUL, and no line break in what is printed.
#[test]
fn a_path_of_any_bytes_works_and_is_shown_on_one_line() {
    let home = Home::fresh();
    let name = OsStr::from_bytes(b" a\nb\x1b[31m\xff");
    let path = home.path().join(name);
    for (server, client) in SERVERS.iter().zip(&CLIENTS) {
        let mut server = program(server).arg(&path).starts();
        server.shows(r"/ a\nb\u{1b}[31m", 1);
        server.shows("I wait ", 1);
        // It says that it will wait in open, and the kernel that it does.
        assert!(hang::is_stuck(server.process()));
        let told = program(client).arg(&path).run().well();
        let shown = server.ends().well().stdout + &told.stdout;
        assert!(!shown.contains('\x1b'), "{shown:?}");
        assert!(shown.lines().all(|line| !line.starts_with('b')), "{shown}");
    }
    // A name that cannot be removed is told on one line, too.
    if !is_root() {
        let server = program(SERVERS[1]).arg(&path);
        let mut server = server.starts();
        server.shows("I wait ", 1);
        chmod(home.path(), 0o500);
        let mut fifo = get(fs::File::options().write(true).open(&path), "open");
        let end = b"\x03\0\0\0end";
        get(std::io::Write::write_all(&mut fifo, end), "write");
        let _ = server.ends().refused(1, &["unlink ", r"a\nb\u{1b}", "EACCES"]);
        chmod(home.path(), 0o700);
    }
}

/// A file system gives the number of an inode that is free to the next file:
/// in a name's place, that may be the user's.
#[test]
fn what_has_a_removed_fifos_name_is_never_removed_with_it() {
    let home = Home::fresh();
    let path = home.path().join("fifo");
    let back = home.path().join("fifo.back");
    for signal in [Signal::SIGTERM, Signal::SIGABRT] {
        let mut server = program(SERVERS[2]).arg(&path).starts();
        server.shows("I wait in open", 1);
        get(fs::remove_file(&back), "rm");
        get(fs::write(&back, "precious"), "write");
        server.send(signal);
        assert_eq!(server.ends().shell_status(), 128 + signal as i32);
        assert!(fs::read(&back).is_ok_and(|text| text == b"precious"));
        assert!(!path.exists(), "its own is removed");
        get(fs::remove_file(&back), "rm");
    }
}
