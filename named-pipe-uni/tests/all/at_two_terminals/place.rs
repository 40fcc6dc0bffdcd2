//! Where a server and its clients meet, and what else may be there.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;

use harness::{Program, get, is_root};
use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::DEMO;

/// Both sides, given nothing, find each other; the place is shown, and goes
/// with the server.
#[test]
fn without_a_path_server_and_client_meet_at_one_place_per_user() {
    let mut server = Program::new(DEMO).arg("server").starts();
    server.shows("I wait for clients", 1);
    let client = Program::new(DEMO).arg("client").in_home_of(&server);
    let home = client.temporary().to_path_buf();
    let place = get(fs::read_dir(&home), "the home").flatten().next();
    let Some(place) = place.map(|place| place.path()) else {
        panic!("no place in {}", home.display());
    };
    let fifo = place.join("fifo");
    server.shows(&format!("FIFO {}", fifo.display()), 1);
    let mode = |path| get(fs::metadata(path), "stat").permissions().mode();
    assert_eq!(mode(&place) & 0o777, 0o700);
    assert_eq!(mode(&fifo) & 0o777, 0o600);
    let told = client.run().well().stdout;
    assert!(told.contains("I send \"ping\" 100 times"), "{told}");
    server.shows("101: \"end\"", 1);
    let _ = server.ends().well();
    assert!(!place.exists());
}

#[test]
fn a_users_runtime_directory_is_the_place_if_there_is_one() {
    let home = Program::new(DEMO);
    let runtime = home.temporary().join("run");
    get(fs::create_dir(&runtime), "mkdir");
    let named = runtime.to_string_lossy().into_owned();
    let server = Program::new(DEMO).arg("server");
    let mut server = server.env("XDG_RUNTIME_DIR", &named).starts();
    server.shows(&format!("FIFO {named}/named-pipe-uni/fifo"), 1);
    let client = Program::new(DEMO).arg("client");
    let _ = client.env("XDG_RUNTIME_DIR", &named).run().well();
    let _ = server.ends().well();
    assert_eq!(get(fs::read_dir(&runtime), "ls").count(), 0);
    // A wrong one is as good as none: both sides think so.
    for wrong in ["relative", "/proc/nowhere", "/"] {
        if wrong == "/" && is_root() {
            continue;
        }
        let server = Program::new(DEMO).arg("server");
        let mut server = server.env("XDG_RUNTIME_DIR", wrong).starts();
        server.shows("I wait for clients", 1);
        let client = Program::new(DEMO).arg("client").in_home_of(&server);
        let _ = client.env("XDG_RUNTIME_DIR", wrong).run().well();
        let _ = server.ends().well();
    }
}

/// It would lead elsewhere from another terminal. Here the server may make no
/// directory: in /tmp somebody's own server may be at work.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn a_relative_tmpdir_is_as_good_as_none() {
    use nix::{errno::Errno, libc::SYS_mkdir};
    for tmpdir in [".", ""] {
        let server = Program::new(DEMO).arg("server").env("TMPDIR", tmpdir);
        let refused = server.refusing(SYS_mkdir, &[], Errno::EROFS).run();
        let _ = refused.refused(1, &["mkdir /tmp/named-pipe-uni-", "EROFS"]);
    }
}

/// [NU-21] SIGKILL leaves the name. At the agreed place it can only be a dead
/// server's, so the next one takes it over.
#[test]
fn a_stale_fifo_at_the_agreed_place_is_taken_over() {
    let home = Program::new("true");
    let start = || Program::new(DEMO).arg("server").in_home_of(&home).starts();
    let mut first = start();
    first.shows("I wait for clients", 1);
    first.send(Signal::SIGKILL);
    assert_eq!(first.ends().shell_status(), 137);
    let client = Program::new(DEMO).arg("client");
    let refused = client.in_home_of(&home).run();
    let _ = refused.refused(1, &["ENXIO", "nobody has it open for reading"]);
    let mut second = start();
    second.shows("I wait for clients", 1);
    second.send(Signal::SIGTERM);
    assert_eq!(second.ends().shell_status(), 143);
    assert_eq!(get(fs::read_dir(home.temporary()), "ls").count(), 0);
}

/// Two readers would share the bytes, and both be out of step.
#[test]
fn two_servers_do_not_sit_at_one_place() {
    let mut first = Program::new(DEMO).arg("server").starts();
    first.shows("I wait for clients", 1);
    let second = Program::new(DEMO).arg("server").in_home_of(&first).run();
    let _ = second.refused(1, &["flock ", "a server is at work there"]);
    let client = Program::new(DEMO).arg("client").in_home_of(&first).run();
    let _ = client.well();
    let _ = first.ends().well();
}

/// In a directory that anybody may enter, anybody could have been first.
#[test]
fn a_place_that_is_not_private_is_not_used() {
    let home = Program::new("true");
    let me = nix::unistd::geteuid();
    let place = home.temporary().join(format!("named-pipe-uni-{me}"));
    let refused = || {
        let server = Program::new(DEMO).arg("server").in_home_of(&home).run();
        let _ = server.refused(1, &["open ", "named-pipe-uni-"]);
    };
    get(fs::create_dir(&place), "mkdir");
    get(fs::set_permissions(&place, Permissions::from_mode(0o755)), "chmod");
    refused();
    if is_root() {
        let private = Permissions::from_mode(0o700);
        get(fs::set_permissions(&place, private), "chmod");
        get(chown(&place, Some(65534), None), "chown");
        refused();
    }
    get(fs::remove_dir(&place), "rmdir");
    get(symlink("elsewhere", &place), "symlink");
    get(fs::create_dir(home.temporary().join("elsewhere")), "mkdir");
    refused();
    get(fs::remove_file(&place), "rm");
    get(fs::write(&place, "precious"), "write");
    refused();
    let kept = fs::read_to_string(&place);
    assert_eq!(kept.ok().as_deref(), Some("precious"));
}

/// [NU-20] [NU-61] Whatever is at the path: one sentence, and it
/// stays as it is.
#[test]
fn a_name_that_is_taken_is_refused_and_left() {
    let home = Program::new("true");
    let path = |name: &str| home.temporary().join(name);
    get(fs::write(path("file"), "precious"), "write");
    get(fs::create_dir(path("folder")), "mkdir");
    get(symlink("nowhere", path("link")), "symlink");
    get(symlink("loop", path("loop")), "symlink");
    let _socket = get(UnixListener::bind(path("socket")), "bind");
    for fifo in ["fifo", "theirs"] {
        let made = mkfifo(&path(fifo), Mode::S_IRUSR | Mode::S_IWUSR);
        get(made, "mkfifo");
    }
    let long = "x".repeat(300);
    let mut server = vec![
        ("file", "EEXIST", "a regular file has the name"),
        ("folder", "EEXIST", "a directory has the name"),
        ("link", "EEXIST", "a symbolic link has the name"),
        ("socket", "EEXIST", "something that is no FIFO"),
        ("fifo", "EEXIST", "if no program uses it any more, remove it"),
        ("missing/fifo", "ENOENT", "a directory on the way to it is missing"),
        ("file/below", "ENOTDIR", "a part of the path is not a directory"),
        ("loop/fifo", "ELOOP", "too many symbolic links on the way to it"),
        (&long, "ENAMETOOLONG", "too long"),
        ("", "ENOENT", "mkfifo"),
    ];
    let mut client = vec![
        ("file", "open ", "it is not a FIFO"),
        ("folder", "EISDIR", "it is a directory"),
        ("link", "ELOOP", "it is a symbolic link, and not followed"),
        ("loop", "ELOOP", "it is a symbolic link, and not followed"),
        ("loop/fifo", "ELOOP", "too many symbolic links on the way to it"),
        ("socket", "ENXIO", "it is a socket"),
        ("fifo", "ENXIO", "nobody has it open for reading"),
        ("missing", "ENOENT", "who serves makes it first"),
        ("file/below", "ENOTDIR", "a part of the path is not a directory"),
        (&long, "ENAMETOOLONG", "too long"),
    ];
    let mut reader = None;
    if is_root() {
        let how = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        reader = fifo::open(&path("theirs"), how).ok();
        get(chown(path("theirs"), Some(65534), None), "chown");
        server.push(("theirs", "EEXIST", "somebody else's FIFO has the name"));
        client.push(("theirs", "open ", "it is somebody else's FIFO"));
    } else {
        println!("skipped: only root can make somebody else's FIFO");
    }
    for (role, cases) in [("server", server), ("client", client)] {
        for (name, errno, why) in cases {
            let path = if name.is_empty() { "".into() } else { path(name) };
            let program = Program::new(DEMO).arg(role).arg(path);
            let _ = program.run().refused(1, &[errno, why]);
        }
    }
    drop(reader);
    let kept = fs::read_to_string(path("file"));
    assert_eq!(kept.ok().as_deref(), Some("precious"));
    let kind = |name: &str| get(fs::symlink_metadata(path(name)), name);
    assert!(kind("folder").is_dir() && kind("link").is_symlink());
    for fifo in ["fifo", "theirs"] {
        assert!(kind(fifo).file_type().is_fifo());
    }
}

/// A path may hold any byte but NUL, and is shown so that it steers nothing.
#[test]
fn a_path_may_hold_any_bytes() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let home = Program::new("true");
    let name = OsStr::from_bytes(b"a b\n\x1b[31m\xff");
    let path = home.temporary().join(name);
    let mut server = Program::new(DEMO).arg("server").arg(&path).starts();
    server.shows("I wait for clients", 1);
    let _ = Program::new(DEMO).arg("client").arg(&path).run().well();
    let told = server.ends().well().stdout;
    assert!(told.contains(r"a b\n\u{1b}[31m"), "{told}");
    assert!(!told.contains('\x1b'), "{told}");
    let again = Program::new(DEMO).arg("client").arg(&path).run();
    let _ = again.refused(1, &["ENOENT", r"a b\n\u{1b}[31m"]);
}
