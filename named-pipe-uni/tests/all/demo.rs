//! What the demo prints, and what it does when it is not left in peace.

#[cfg(target_os = "linux")]
use harness::{Program, Signal};
#[cfg(target_os = "linux")]
use nix::sys::signal::kill;
#[cfg(target_os = "linux")]
use nix::unistd::Pid;
#[cfg(target_os = "linux")]
use shared::observe::{hang, proc};

const DEMO: &str = env!("CARGO_BIN_EXE_named-pipe-uni");

harness::demo_tests!("named-pipe-uni", DEMO);

/// One demo stands for all here: the waiting is the narrator's. It stands in
/// this crate, where another test waits for a deadline.
#[test]
fn the_deadline_stands_still_while_a_class_discusses() {
    demo::is_patient_with_a_class(DEMO);
}

/// It hears the signal, and its parent, which may wait in open for a writer
/// that never comes, is told by SIGCHLD. A client lives for a millisecond: it
/// is caught in one of some runs.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_ends_the_client_ends_the_story_with_a_sentence() {
    let is_client = |child: &Pid| {
        proc::name(child.as_raw()).is_some_and(|name| name == "named-pipe-uni")
    };
    let caught = (0..200).find_map(|_| {
        let demo = Program::new(DEMO).starts();
        let child =
            || hang::children(demo.process()).into_iter().find(is_client);
        let client = (0..1000).find_map(|_| child())?;
        let _ = kill(client, Signal::SIGTERM);
        let ended = demo.ends();
        (ended.shell_status() != 0).then_some(ended)
    });
    let ended = caught.expect("a client that hears SIGTERM");
    let _ = ended.refused(1, &["SIGTERM"]);
}
