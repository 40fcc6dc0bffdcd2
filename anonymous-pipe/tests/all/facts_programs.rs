//! What is true of an anonymous pipe where another program is needed to show
//! it: a stranger, or one that dies.

use harness::{Program, get};

/// [AP-52] 141 is 128 + 13: a death by signal 13, SIGPIPE. The shell writes
/// the status where nobody has left.
#[test]
fn by_default_sigpipe_ends_a_program_that_writes_to_nobody() {
    let line = "{ yes; echo $? >&3; } 3>&2 | head -n 1";
    let ended = Program::new("sh").args(&["-c", line]).run();
    assert_eq!((&*ended.stdout, &*ended.stderr), ("y\n", "141\n"));
}

/// [AP-27] `cat` inherits nothing: it opens the pipe by its name in /proc, as
/// any program of the same user can. Another user is refused.
#[cfg(target_os = "linux")]
#[test]
fn a_stranger_of_the_same_user_reads_the_pipe_through_proc() {
    use std::io::Write;
    use std::os::fd::AsRawFd;

    let (reader, mut writer) = get(std::io::pipe(), "pipe");
    get(writer.write_all(b"secret"), "write");
    drop(writer);
    let (process, fd) = (std::process::id(), reader.as_raw_fd());
    let path = format!("/proc/{process}/fd/{fd}");

    if harness::is_root() {
        let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
        let cat = Program::new("setpriv").args(&nobody).args(&["cat", &path]);
        let refused = cat.run().refused(1, &["/proc/"]);
        // ENOENT is the answer of a /proc with the mount option hidepid=2.
        let words = ["Permission denied", "No such file"];
        let well = words.iter().any(|words| refused.stderr.contains(words));
        assert!(well, "{refused:?}");
    } else {
        let why = "only root can start a program as another user";
        harness::experiment::skipped(why);
    }
    let stranger = Program::new("cat").arg(&path).run().well();
    assert_eq!(stranger.stdout, "secret");
}

/// [AP-65] For once this test runs itself again: the bug has to be compiled,
/// and its program has to end.
#[test]
fn a_debug_build_ends_a_program_that_closes_a_descriptor_twice() {
    let program = get(std::env::current_exe(), "the path of this test");
    let bug = concat!(module_path!(), "::two_owners_of_one_descriptor");
    let bug = bug.split_once("::").map_or(bug, |(_, name)| name);
    let words = ["--ignored", "--exact", bug, "--nocapture"];
    let ended = Program::new(program).args(&words).run();
    if cfg!(debug_assertions) {
        assert_eq!(ended.shell_status(), 128 + 6, "SIGABRT: {ended:?}");
        assert!(ended.stderr.contains("IO Safety violation"), "{ended:?}");
    } else {
        let _ = ended.well();
    }
}

/// The bug: the second drop closes a number that is not open any more, or is
/// somebody else's.
#[ignore = "is a bug; the test above runs it"]
#[test]
fn two_owners_of_one_descriptor() {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

    let (reader, _writer) = get(std::io::pipe(), "pipe");
    // SAFETY: none. `reader` owns it already, and that is the bug.
    drop(unsafe { OwnedFd::from_raw_fd(reader.as_raw_fd()) });
    drop(reader);
}
