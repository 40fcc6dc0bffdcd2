//! A demo that starts its other side, where that does not come to life. The
//! demo runs from a copy of its program, and with `--step` it waits while that
//! copy is changed: so the first process is well, and the second one is not.
#![cfg(target_os = "linux")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use harness::experiment::becomes;
use harness::{Home, Program, Signal, Terminal, demo, get};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use shared::observe::{hang, proc};

/// The demos, the step in which they start somebody, and the call's name.
const DEMOS: [(&str, usize, &str); 2] = [
    ("named-pipe-uni", 3, "start the client: "),
    ("named-pipe-bidi", 4, "start a peer: "),
];

fn chmod(path: &Path, mode: u32) {
    get(fs::set_permissions(path, Permissions::from_mode(mode)), "chmod");
}

/// What a demo says on its last lines, and its exit status, if its program is
/// changed before it starts the other side.
fn changed(demo: &str, step: usize, change: fn(&Path)) -> (String, i32) {
    let place = Home::fresh();
    let copy = place.path().join("copy");
    // A child writes it. While this process has it open for that, so has any
    // child of another test up to its exec, and no one may run it: ETXTBSY.
    let original = Program::binary(demo).path();
    let _ = Program::new("cp").arg(original).arg(&copy).run().well();
    let path = copy.display().to_string();
    let mut terminal = Terminal::start(&path, &["--step"], 80);
    for before in 1..=step {
        terminal.shows("[Enter]", before);
        if before == step {
            change(&copy);
        }
        terminal.types("\n");
    }
    let (shown, status) = terminal.ends();
    (demo::without_colour(&shown), status)
}

#[test]
fn a_program_that_cannot_be_started_is_told_with_its_errno() {
    for (demo, step, call) in DEMOS {
        let (shown, status) = changed(demo, step, |copy| chmod(copy, 0));
        assert_eq!(status, 1, "{shown}");
        assert!(shown.contains(&format!("{call}EACCES")), "{shown}");
    }
}

/// Ctrl-C goes to both at once. The parent's SIGCHLD for the child that it ends
/// may be pending beside its own SIGINT, and Linux then begins the handler of
/// the lower number, and interrupts it for the other one's, unless the first
/// holds that back. It is a Ctrl-C all the same, and no death to be told of.
#[test]
fn ctrl_c_ends_both_sides_and_is_not_told_as_the_death_of_one() {
    // The game of two FIFOs without its BREAK 2: both sides wait for ever.
    let game = Program::example("named_pipe_bidi_2").env("DEADLINE", "0");
    let mut game = game.starts();
    game.shows(" pings answered, 0 my own", 1);
    let parent = game.process();
    let [child] = hang::children(parent)[..] else {
        panic!("no partner: {}", game.shown());
    };
    let is_in = |state, process: Pid| {
        let state_of = || proc::doing(process.as_raw()).map(|it| it.state);
        becomes(|| state_of() == Some(state))
    };
    game.send(Signal::SIGSTOP);
    assert!(is_in('T', parent), "the parent does not stop");
    get(kill(child, Signal::SIGINT), "kill");
    assert!(is_in('Z', child), "its partner does not end");
    game.send(Signal::SIGINT);
    game.send(Signal::SIGCONT);
    let ended = game.ends();
    assert_eq!((ended.shell_status(), &*ended.stderr), (130, ""));
}

/// An open waits for an open, and would wait for ever. The kernel tells of a
/// child that is gone, and so does the demo, long before its deadline.
#[test]
fn a_child_that_fails_ends_the_story_that_waits_for_it_in_open() {
    // Linux calls a program that was removed so, and that is what is started.
    let fails = |copy: &Path| {
        let script = "rm \"$0\"; \
            printf '#!/bin/sh\\necho I leave\\nexit 7\\n' >\"$0 (deleted)\"; \
            chmod 700 \"$0 (deleted)\"";
        let shell = Program::new("sh").args(&["-c", script]).arg(copy);
        let _ = shell.run().well();
    };
    for (demo, step, _) in DEMOS {
        let (shown, status) = changed(demo, step, fails);
        assert_eq!(status, 1, "{shown}");
        assert!(shown.contains("the other side has failed"), "{shown}");
        assert!(!shown.contains("no progress"), "{shown}");
    }
}
