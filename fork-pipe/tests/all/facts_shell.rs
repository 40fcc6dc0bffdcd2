//! What a shell makes of `|`, looked at while it lasts.
#![cfg(target_os = "linux")]

use harness::experiment::becomes;
use harness::{Program, get};
use nix::unistd::Pid;
use shared::observe::proc::{self, End};
use shared::observe::{Access, hang};

/// The ends of pipes that a process holds.
fn ends(process: Pid) -> Vec<End> {
    get(proc::ends_of(process.as_raw()).ok_or("no /proc"), process)
}

/// [FP-22] [FP-23] One pipe and two children of the shell: the left one's
/// output is the write end, the right one's input the read end. The shell has
/// closed both: else the right one would never see the end.
#[test]
fn a_shell_joins_two_children_by_one_pipe_and_keeps_no_end() {
    let line = "sleep 1000 | sleep 1000; :";
    let shell = Program::new("sh").args(&["-c", line]).start();
    let children = || {
        let mut children = hang::children(shell.process());
        let runs = |child: &Pid| {
            proc::name(child.as_raw()).is_some_and(|name| name == "sleep")
        };
        children.retain(runs);
        children
    };
    assert!(becomes(|| children().len() == 2));
    let both: Vec<_> = children().into_iter().map(ends).collect();
    let [[one], [other]] = [&both[0][..], &both[1][..]] else {
        panic!("{both:?}")
    };
    let (left, right) =
        if one.access == Access::Write { (one, other) } else { (other, one) };
    assert_eq!((left.fd, left.access), (1, Access::Write));
    assert_eq!((right.fd, right.access), (0, Access::Read));
    assert_eq!(left.pipe, right.pipe);
    assert!(becomes(|| ends(shell.process()).is_empty()));
}

/// [FP-23] By default the last part runs in a child, and its variables go with
/// it.
#[test]
fn with_lastpipe_bash_runs_the_last_part_itself() {
    let told = |first: &str| {
        let line = format!("{first} x=mine; echo yours | read x; echo $x");
        Program::new("bash").args(&["-c", &line]).run().well().stdout
    };
    assert_eq!(told(""), "mine\n");
    assert_eq!(told("shopt -s lastpipe;"), "yours\n");
}

/// [FP-24] `2>&1 |`, or bash's `|&`, sends it through the pipe, too.
#[test]
fn standard_error_does_not_go_through_the_pipe() {
    let told = |how: &str| {
        let both = "{ echo out; echo err >&2; }";
        let line = format!("{both} {how} sed 's/^/piped: /'");
        let ended = Program::new("sh").args(&["-c", &line]).run();
        (ended.stdout, ended.stderr)
    };
    let piped = "piped: out\n".to_string();
    assert_eq!(told("|"), (piped.clone(), "err\n".to_string()));
    let both = piped + "piped: err\n";
    assert_eq!(told("2>&1 |"), (both, String::new()));
}
