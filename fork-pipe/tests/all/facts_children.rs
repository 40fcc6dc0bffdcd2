//! How children end, stop and go on, and what becomes of their ends.
#![cfg(target_os = "linux")]

use std::io::{Read, pipe};
use std::process::Stdio;

use harness::experiment::{becomes, waits};
use harness::{Program, Running, get, pipes};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use shared::observe::{hang, proc};

/// The letter of proc(5): Z is a zombie, T is stopped.
fn state(process: Pid) -> Option<char> {
    proc::doing(process.as_raw()).map(|doing| doing.state)
}

/// [FP-15] Nobody has waited for the child when the end of file is there: a
/// zombie is a number and a status, and holds nothing.
#[test]
fn a_zombie_holds_no_end_of_a_pipe() {
    let (mut reader, writer) = get(pipe(), "pipe");
    let child = Program::new("true").start_between(Stdio::null(), writer);
    pipes::soon_readable(&reader);
    assert_eq!(get(reader.read(&mut [0; 64]), "read"), 0);
    assert!(becomes(|| state(child.process()) == Some('Z')));
}

/// [FP-16]
#[test]
fn a_zombie_tells_its_status_once_and_is_gone() {
    let child = Program::new("sh").args(&["-c", "exit 7"]).start();
    let child = child.process();
    assert!(becomes(|| state(child) == Some('Z')));
    assert_eq!(waitpid(child, None), Ok(WaitStatus::Exited(child, 7)));
    assert_eq!(waitpid(child, None), Err(Errno::ECHILD));
}

/// [FP-17] The same parent twice: a shell that starts `cat` and becomes
/// `sleep`, which waits for nobody. One of them ignores SIGCHLD, and exec keeps
/// what is ignored. Then the input of both cats ends.
#[test]
fn a_parent_that_ignores_sigchld_has_no_zombies() {
    let states = |parent: &Running| -> Vec<char> {
        let children = hang::children(parent.process());
        children.into_iter().filter_map(state).collect()
    };
    let parent = |first: &str| {
        let (reader, writer) = get(pipe(), "pipe");
        let line = format!("{first} cat <&0 & exec sleep 1000");
        let parent = Program::new("bash").args(&["-c", &line]);
        let parent = parent.start_between(reader, Stdio::null());
        // A shell would wait for its child. `sleep` does not.
        let name = || proc::name(parent.process().as_raw());
        assert!(becomes(|| name().as_deref() == Some("sleep")));
        assert_eq!(states(&parent).len(), 1, "cat waits for its input");
        drop(writer);
        parent
    };
    let (careless, ignoring) = (parent(""), parent("trap '' CHLD;"));
    assert!(becomes(|| states(&careless) == ['Z']));
    assert!(becomes(|| states(&ignoring).is_empty()));
}

/// [FP-19] The calls that wait for a child are interrupted, or restarted, as
/// those that wait for a pipe.
#[test]
fn sa_restart_takes_up_waiting_for_a_child_again() {
    extern "C" fn handler(_signal: libc::c_int) {}

    let child = Program::new("sleep").arg("1000").start();
    let process = child.process();
    // It leaves the child to be waited for once more.
    let how = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    let wait = move || waitid(Id::Pid(process), how);
    let handles = |flags| {
        let action = SigHandler::Handler(handler);
        let action = SigAction::new(action, flags, SigSet::empty());
        // SAFETY: the handler does nothing, so it may interrupt anything.
        get(unsafe { sigaction(Signal::SIGUSR1, &action) }, "sigaction");
    };
    handles(SaFlags::empty());
    let interrupted = waits(wait);
    interrupted.is_sent(Signal::SIGUSR1);
    assert_eq!(interrupted.returns(), Err(Errno::EINTR));
    handles(SaFlags::SA_RESTART);
    let restarted = waits(wait);
    restarted.is_sent(Signal::SIGUSR1);
    assert!(restarted.still_waits());
    child.send(Signal::SIGKILL);
    let killed = WaitStatus::Signaled(process, Signal::SIGKILL, false);
    assert_eq!(restarted.returns(), Ok(killed));
}

/// Stops a process that waits in a call, and lets it go on.
fn stop_and_go(process: Pid, send: impl Fn(Signal)) {
    assert!(hang::is_stuck(process));
    send(Signal::SIGSTOP);
    assert!(becomes(|| state(process) == Some('T')));
    send(Signal::SIGCONT);
    assert!(becomes(|| state(process) != Some('T')));
}

/// [FP-21] One read, which nobody takes up again.
#[test]
fn a_stop_and_a_continue_do_not_disturb_a_read_that_waits() {
    let mut reader = Program::example("one_call").arg("read").starts();
    stop_and_go(reader.process(), |signal| reader.send(signal));
    assert!(hang::is_stuck(reader.process()), "it waits as before");
    reader.types(b"at last");
    assert_eq!(reader.ends().stderr, "read = 7\n");
}

/// [FP-21] [FP-20] But a write that is half done ends there, with no handler
/// at all: a stop is a reason to say what is done.
#[test]
fn a_stop_and_a_continue_end_a_write_that_is_half_done() {
    let (reader, writer) = get(pipe(), "pipe");
    let capacity = pipes::capacity(&reader);
    let much = (2 * capacity).to_string();
    let writing = Program::example("one_call").args(&["write", &much]);
    let writing = writing.start_between(Stdio::null(), writer);
    stop_and_go(writing.process(), |signal| writing.send(signal));
    assert_eq!(writing.ends(), 0);
    assert_eq!(pipes::waiting(&reader), capacity, "and no byte more");
}
