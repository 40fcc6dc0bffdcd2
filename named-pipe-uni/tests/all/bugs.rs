//! Each classic bug really bites, and its fix really mends it.

use harness::Program;
#[cfg(target_os = "linux")]
use {
    harness::{Running, experiment::becomes, get},
    named_pipe_uni::fifo,
    nix::fcntl::OFlag,
    nix::sys::stat::Mode,
    nix::unistd::{Pid, mkfifo},
    shared::observe::{hang, proc},
    std::fs,
    std::io::Write,
    std::path::{Path, PathBuf},
};

const BUGS: [&str; 5] = [
    "open_waits",
    "eof_spin",
    "one_read_one_message",
    "stale_name",
    "mode_zero",
];

const STUCK: &str = "It is stuck.";

/// How a test opens a FIFO whose reader may have gone.
#[cfg(target_os = "linux")]
const WRITER: OFlag = OFlag::O_WRONLY.union(OFlag::O_NONBLOCK);

/// What one half of an example prints. It checks each line of it.
fn half(example: &str, half: &str) -> String {
    Program::example(example).arg(half).run().well().stdout
}

fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
}

fn has_not(text: &str, words: &[&str]) {
    for word in words {
        assert!(!text.contains(word), "{word:?} in:\n{text}");
    }
}

/// [NU-11] [NU-15] A reader waits for a writer, even if that writer would be
/// itself, one line further down.
#[test]
fn open_of_a_fifo_waits_for_the_other_side() {
    let broken = half("open_waits", "broken");
    assert_eq!(broken.matches(STUCK).count(), 2, "{broken}");
    if cfg!(target_os = "linux") {
        let slept = broken.matches(" sleeps in open").count();
        assert_eq!(slept, 2, "{broken}");
    }
    let mended = half("open_waits", "mended");
    has(&mended, &["came back, without a writer", "two bytes went through"]);
    has_not(&mended, &[STUCK]);
}

/// [NU-12]
#[test]
fn a_lone_writer_that_does_not_wait_is_told_enxio() {
    has(&half("open_waits", "mended"), &["= ENXIO: nobody reads."]);
    has_not(&half("open_waits", "broken"), &["ENXIO"]);
}

/// [NU-43] [NU-70] The end of file after the last writer comes again and
/// again, unless the reader holds a write end of its own.
#[test]
fn after_the_last_writer_left_poll_does_not_wait() {
    let broken = half("eof_spin", "broken");
    has(&broken, &["1000 polls", "not one waited", "read said 0"]);
    has(&broken, &["The second client: ENXIO."]);
    let mended = half("eof_spin", "mended");
    has(&mended, &["The first poll waited its 50 ms"]);
    has(&mended, &["The second client: 3 bytes sent."]);
    has_not(&mended, &["not one waited", "ENXIO"]);
}

/// [NU-41] A message whose writer has left comes with a hangup, so `revents`
/// is not equal to POLLIN.
#[test]
fn the_last_message_comes_with_a_hangup() {
    let both = "revents is POLLIN|POLLHUP: the message ";
    has(&half("eof_spin", "broken"), &[&format!("{both}stays inside.")]);
    has(&half("eof_spin", "mended"), &[&format!("{both}is read.")]);
}

/// [NU-22]
#[test]
fn one_read_is_not_one_message() {
    let broken = half("one_read_one_message", "broken");
    has(&broken, &["write   \"hi\", \"ping\", \"end\"\n"]);
    has(&broken, &["read 4  \"hipi\", \"ngen\", \"d\"\n"]);
    let mended = half("one_read_one_message", "mended");
    has(&mended, &["recv    \"hi\", \"ping\", \"end\"\n"]);
}

/// [NU-21] A name that is taken is EEXIST, whatever has it. A FIFO of one's
/// own can be served again; anything else is somebody's.
#[test]
fn the_name_of_a_fifo_outlives_its_maker() {
    let broken = half("stale_name", "broken");
    has(&broken, &["mkfifo = EEXIST. It does not start."]);
    let mended = half("stale_name", "mended");
    has(&mended, &["lstat: a FIFO, and mine. It starts."]);
    has_not(&mended, &["It does not start"]);
}

/// [NU-35] [NU-61]
#[test]
fn a_regular_file_in_the_place_of_a_fifo_swallows_messages() {
    let broken = half("stale_name", "broken");
    has(&broken, &["write = 4: into a new regular file."]);
    let mended = half("stale_name", "mended");
    has(&mended, &["No name: ENOENT, and no file is made. A file: refused."]);
    has_not(&mended, &["write = 4"]);
}

/// [NU-51] A process in open waits for the FIFO that it found. What happens
/// to the name is nothing to it.
#[test]
fn unlink_frees_nobody_who_waits_in_open() {
    let broken = half("stale_name", "broken");
    has(&broken, &[STUCK, "The name has a new FIFO, with a reader."]);
    if cfg!(target_os = "linux") {
        has(&broken, &[" sleeps in open"]);
    }
    let mended = half("stale_name", "mended");
    has(&mended, &["its open returned, then EPIPE."]);
    has_not(&mended, &[STUCK]);
}

/// [NU-03] Root can open it, so root sees the bug as somebody else.
#[test]
fn a_fifo_of_mode_zero_is_closed_to_its_own_maker() {
    let broken = half("mode_zero", "broken");
    has(&broken, &["open = EACCES, for the user who has just made it."]);
    let mended = half("mode_zero", "mended");
    has(&mended, &["open is well: the owner may read and write."]);
    has_not(&mended, &["EACCES"]);
    if !harness::is_root() {
        has_not(&broken, &["I am root"]);
    }
}

/// As root the example changes its directory. It leaves nothing in the one
/// where it was started.
#[test]
fn where_tmpdir_is_relative_nothing_is_left_either() {
    let program = harness::quoted(Program::example("mode_zero").path());
    for tmpdir in ["TMPDIR=.", "TMPDIR="] {
        let script = format!("cd \"$TMPDIR\" && {tmpdir} exec {program}");
        let _ = Program::new("sh").args(&["-c", &script]).run().well();
    }
}

/// Both halves in one run: the same lines each time, and not too many.
#[test]
fn every_bug_tells_the_same_story_twice() {
    for bug in BUGS {
        harness::demo::shows_a_bug_beside_its_fix(bug);
    }
}

/// A program that hangs, its child, and the path of its FIFO.
#[cfg(target_os = "linux")]
fn hung(example: &str) -> (Running, Pid, PathBuf) {
    let program = Program::example(example).arg("--hang");
    let temporary = program.temporary().to_path_buf();
    let running = program.start();
    let children = || hang::children(running.process());
    assert!(becomes(|| children().len() == 1), "no child");
    let child = children()[0];
    assert!(hang::is_stuck(child), "{:?}", proc::doing(child.as_raw()));
    let home = get(fs::read_dir(&temporary), "the home").flatten().next();
    let path = home.map(|home| home.path().join("work"));
    (running, child, path.unwrap_or_default())
}

/// [NU-11] The kernel says so to anybody who may ask, and a writer is all
/// that the reader waits for.
#[cfg(target_os = "linux")]
#[test]
fn a_reader_waits_in_open_until_somebody_opens_for_writing() {
    let (running, child, path) = hung("open_waits");
    let why = hang::explain(child, &[]).to_string();
    has(&why, &[" sleeps in open", "It waits in open."]);
    drop(get(fifo::open(&path, WRITER), "open"));
    let gone = || !hang::children(running.process()).contains(&child);
    assert!(becomes(gone), "{}", hang::explain(child, &[]));
}

/// [NU-51] Whoever comes to the name now can send a message. The stranded
/// writer holds nothing, and waits.
#[cfg(target_os = "linux")]
#[test]
fn a_new_fifo_of_the_same_name_is_another_fifo() {
    let (running, child, path) = hung("stale_name");
    let is_read = || {
        let ends = proc::ends_of(running.process().as_raw());
        let at_path = |end: &proc::End| Path::new(&end.label) == path;
        ends.is_some_and(|ends| ends.iter().any(at_path))
    };
    assert!(becomes(is_read), "nobody reads the new FIFO");
    let mut client = get(fifo::open(&path, WRITER), "open");
    get(client.write_all(b"ping"), "write");
    assert!(hang::is_stuck(child), "{:?}", proc::doing(child.as_raw()));
    has(&hang::explain(child, &[]).to_string(), &[" sleeps in open"]);
    let held = proc::ends_of(child.as_raw()).unwrap_or_default();
    let fifos = held.iter().filter(|end| end.label.starts_with('/'));
    assert_eq!(fifos.count(), 0, "{held:?}");
}

/// A deadline ends what would wait for ever, and says why.
#[cfg(target_os = "linux")]
#[test]
fn a_client_whose_server_reads_nothing_is_ended_by_its_deadline() {
    let client = Program::new(env!("CARGO_BIN_EXE_named-pipe-uni"));
    let home = Program::new("true");
    let path = home.temporary().join("fifo");
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    assert_eq!(mkfifo(&path, mode), Ok(()));
    let reader = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    let _reader = get(fifo::open(&path, reader), "open");
    let client = client.arg("client").arg(&path).arg("--stdin");
    let more_than_fits = vec![b'x'; 1_000_000];
    let ended = client.env("DEADLINE", "1").input(more_than_fits).run();
    assert_eq!(ended.shell_status(), 1, "{ended:?}");
    let why = ["no progress for 1 s", " sleeps in write", " is full"];
    has(&ended.stderr, &why);
}
