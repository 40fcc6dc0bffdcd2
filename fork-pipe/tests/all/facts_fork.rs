//! What fork hands down: seen from a parent whose children are programs of the
//! system. A starting program is a fork, a dup2 and an exec.
#![cfg(target_os = "linux")]

use std::io::{PipeReader, Read, Write, pipe};
use std::os::fd::{AsFd, AsRawFd};
use std::process::Stdio;

use harness::experiment::skipped;
use harness::{Program, Running, get, pipes};
use nix::sys::signal::Signal;
use nix::unistd::getpid;
use shared::observe::{Seen, hang, proc};

/// A child that does nothing with what it holds.
fn sleeper(input: impl Into<Stdio>, output: impl Into<Stdio>) -> Running {
    Program::new("sleep").arg("1000").start_between(input, output)
}

/// Whether a process holds an end of the pipe that `end` is one of.
fn knows(process: &Running, end: impl AsFd) -> bool {
    let pipe = proc::pipe_of(end);
    let ends = proc::ends_of(process.process().as_raw());
    let ends = get(ends.ok_or("no /proc"), "the ends of a child");
    ends.iter().any(|end| Some(end.pipe) == pipe)
}

/// [FP-01] fork copies the number. What it stands for is one thing in both.
#[test]
fn a_childs_end_and_its_parents_are_one_open_file_description() {
    let (reader, writer) = get(pipe(), "pipe");
    let child = sleeper(Stdio::null(), get(writer.try_clone(), "dup"));
    let of_child = (child.process().as_raw(), 1);
    let same = |fd: i32| proc::same_file((getpid().as_raw(), fd), of_child);
    if same(writer.as_raw_fd()) == Seen(None) {
        skipped("kcmp is refused here, and only it compares descriptions");
        return;
    }
    assert_eq!(same(writer.as_raw_fd()), Seen(Some(true)));
    assert_eq!(same(reader.as_raw_fd()), Seen(Some(false)), "the other end");
}

/// [FP-03] With its zero byte, as C programs send it.
#[test]
fn what_the_parent_writes_the_child_reads() {
    let child = Program::new("cat").input(b"Hello world!\0").run().well();
    assert_eq!(child.stdout, "Hello world!\0");
}

/// [FP-04] What is not there yet cannot be handed down.
#[test]
fn only_a_child_that_is_forked_after_pipe_knows_the_pipe() {
    let earlier = sleeper(Stdio::null(), Stdio::null());
    let (reader, writer) = get(pipe(), "pipe");
    let later = sleeper(get(reader.try_clone(), "dup"), Stdio::null());
    assert!(knows(&later, &writer) && !knows(&earlier, &writer));
}

/// [FP-05] The pipe is the test's, the child starts a child, and that one
/// writes.
#[test]
fn a_grandchild_writes_into_its_grandparents_pipe() {
    let line = "sh -c 'echo \"$$ $PPID\"; :'; :";
    let child = Program::new("sh").args(&["-c", line]).starts();
    let parent = child.process().to_string();
    let told = child.ends().well().stdout;
    let Some((itself, its_parent)) = told.trim().split_once(' ') else {
        panic!("{told}")
    };
    assert_eq!(its_parent, parent);
    assert_ne!(itself, parent, "it is no child of mine, but of my child");
}

/// [FP-06] Both hold both ends, and a pipe does not know who is who: each can
/// take back what it wrote itself, and what one took the other does not get.
#[test]
fn after_fork_each_side_can_read_its_own_words() {
    let (mut reader, mut writer) = get(pipe(), "pipe");
    let line = "echo mine; read -r word; test \"$word\" = mine";
    let child = Program::new("sh").args(&["-c", line]).start_between(
        get(reader.try_clone(), "dup"),
        get(writer.try_clone(), "dup"),
    );
    assert_eq!(child.ends(), 0);
    assert_eq!(pipes::waiting(&reader), 0, "the child took all of it");
    get(writer.write_all(b"ours"), "write");
    let mut word = [0; 4];
    get(reader.read_exact(&mut word), "read");
    assert_eq!(&word, b"ours");
}

/// [FP-11] Here the shell gives cat its input's write end, as descriptor 3; a
/// pipe without `O_CLOEXEC` does it by itself.
#[test]
fn a_program_that_inherits_the_write_end_of_its_own_input_never_ends() {
    let cat = |line: &str| {
        let (reader, writer) = get(pipe(), "pipe");
        let cat = Program::new("sh").args(&["-c", line]);
        cat.start_between(reader, writer)
    };
    assert_eq!(cat("exec cat > /dev/null").ends(), 0);
    let cat = cat("exec cat 3>&1 > /dev/null");
    assert!(hang::is_stuck(cat.process()));
    // An ordinary user cannot see whether others hold that end, too.
    let why = hang::explain(cat.process(), &[]).to_string();
    assert!(why.contains("descriptor 3   <- itself"), "{why}");
}

/// [FP-13] Dead, and waited for, before anybody reads.
#[test]
fn a_child_that_is_dead_and_buried_has_its_words_in_the_pipe() {
    let (reader, writer) = get(pipe(), "pipe");
    let child = Program::new("printf").arg("last words");
    assert_eq!(child.start_between(Stdio::null(), writer).ends(), 0);
    assert_eq!(all_of(reader), "last words");
}

/// [FP-14] SIGKILL runs no code of the writer's. The kernel closes its ends.
#[test]
fn a_writer_killed_by_sigkill_leaves_what_it_wrote_and_an_end_of_file() {
    let line = "printf half; exec sleep 1000";
    let child = Program::new("sh").args(&["-c", line]);
    let ended = child.run_until(1, Signal::SIGKILL);
    assert_eq!((ended.shell_status(), &*ended.stdout), (137, "half"));
}

fn all_of(mut reader: PipeReader) -> String {
    pipes::soon_readable(&reader);
    let mut text = String::new();
    get(reader.read_to_string(&mut text), "read");
    text
}
