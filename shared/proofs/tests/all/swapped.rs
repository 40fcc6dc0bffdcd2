//! A name that leads to something else from one call to the next. strace(1)
//! stops a program between two of them, and the test puts there what it likes:
//! what that is stays as it is, and nothing is written into it.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;

use harness::experiment::{becomes, skipped};
use harness::{Home, Program, Session, Signal, get, is_root};
use nix::sys::signal::kill;

use crate::hostile::{CLIENTS, SERVERS, fifo};

/// The calls about its path that a program is stopped after. The next one is
/// the guard's look at what was made; the look whether that is a device; open.
const MADE: &str = "?mknod,?mknodat";
const GUARDED: &str = "?lstat,?newfstatat";
const LOOKED_AT: &str = "?statx";

/// Runs a program up to the end of the first such call about `path`.
fn stopped(words: &[&str], path: &Path, after: &str) -> Session {
    let notes = Home::fresh();
    let log = notes.path().join("log");
    let inject = format!("inject={after}:signal=SIGSTOP:when=1");
    let strace = Program::new("strace").args(&["-D", "-qq", "-o"]).arg(&log);
    let strace = strace.arg("-P").arg(path).args(&["-e", &inject]);
    let program = Program::binary(words[0]).path();
    let session = strace.arg(program).args(&words[1..]).arg(path).starts();
    let is_stopped = || {
        let log = fs::read_to_string(&log).unwrap_or_default();
        log.contains("stopped by SIGSTOP")
            || kill(session.process(), None).is_err()
    };
    assert!(becomes(is_stopped), "{words:?} is not stopped after {after}");
    session
}

fn can_trace() -> bool {
    let traced = "strace -D -qq -o /dev/null true";
    let well = Program::new("sh").args(&["-c", traced]).run().shell_status();
    if well != 0 {
        skipped("strace is missing here, or may not trace a program");
    }
    well == 0
}

/// What is put in the FIFO's place.
#[derive(Debug, Clone, Copy)]
enum Put {
    File,
    Link,
    Strangers,
}

impl Put {
    fn at(self, path: &Path, file: &Path) {
        get(fs::remove_file(path), "rm");
        match self {
            Self::File => get(fs::rename(file, path), "rename"),
            Self::Link => get(symlink(file, path), "symlink"),
            Self::Strangers => {
                fifo(path);
                get(chown(path, Some(1234), None), "chown");
            }
        }
    }

    fn is_as_it_was(self, path: &Path, file: &Path) -> bool {
        let at = fs::symlink_metadata(path);
        let precious =
            |path: &Path| fs::read(path).is_ok_and(|it| it == b"precious");
        match self {
            Self::File => precious(path),
            Self::Link => at.is_ok_and(|at| at.is_symlink()) && precious(file),
            Self::Strangers => at.is_ok_and(|at| at.uid() == 1234),
        }
    }
}

#[test]
fn what_takes_a_fifos_name_between_two_calls_is_refused_and_left() {
    if !can_trace() {
        return;
    }
    let (uni, bidi, two) = (SERVERS[0], SERVERS[1], SERVERS[2]);
    let mut cases = vec![
        (uni, MADE, Put::File),
        (uni, GUARDED, Put::File),
        (uni, LOOKED_AT, Put::File),
        (uni, LOOKED_AT, Put::Link),
        (bidi, MADE, Put::Link),
        (two, LOOKED_AT, Put::File),
        (CLIENTS[0], LOOKED_AT, Put::File),
        (CLIENTS[1], LOOKED_AT, Put::Link),
        (CLIENTS[2], LOOKED_AT, Put::File),
    ];
    if is_root() {
        cases.push((uni, LOOKED_AT, Put::Strangers));
        cases.push((CLIENTS[0], LOOKED_AT, Put::Strangers));
    }
    for (words, after, put) in cases {
        let home = Home::fresh();
        let (path, file) = (home.path().join("fifo"), home.path().join("file"));
        get(fs::write(&file, "precious"), "write");
        if words[1] == "client" {
            fifo(&path);
        }
        if words == CLIENTS[2] {
            fifo(&home.path().join("fifo.back"));
        }
        let session = stopped(words, &path, after);
        put.at(&path, &file);
        // With a reader a client's open succeeds.
        let both = || File::options().read(true).write(true).open(&path);
        let reader = matches!(put, Put::Strangers).then(both);
        session.send(Signal::SIGCONT);
        let why = match put {
            Put::File => "it is not a FIFO",
            Put::Link => "it is a symbolic link",
            Put::Strangers => "it is somebody else's FIFO",
        };
        let told = session.ends().refused(1, &["open ", why]);
        let what = format!("{words:?} after {after}, {put:?}: {told:?}");
        assert!(put.is_as_it_was(&path, &file), "{what}");
        drop(reader);
    }
}
