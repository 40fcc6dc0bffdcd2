//! What the demo prints, and what it does when it is not left in peace.

#[cfg(target_os = "linux")]
use std::time::Instant;

#[cfg(target_os = "linux")]
use harness::{Program, Signal};
#[cfg(target_os = "linux")]
use nix::sys::signal::kill;
#[cfg(target_os = "linux")]
use shared::observe::hang;

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
    let caught = (0..200).find_map(|_| {
        let mut demo = Program::new(DEMO).starts();
        // From here on it has one child, or none.
        demo.shows("PATH --wait &", 1);
        let client = loop {
            if let Some(client) = hang::children(demo.process()).pop() {
                break client;
            }
            // Too late: the next run.
            if demo.is_gone_by(Instant::now()) {
                return None;
            }
        };
        let _ = kill(client, Signal::SIGTERM);
        let ended = demo.ends();
        (ended.shell_status() != 0).then_some(ended)
    });
    let ended = harness::get(caught.ok_or("deaf"), "a client and SIGTERM");
    let _ = ended.refused(1, &["SIGTERM"]);
}
