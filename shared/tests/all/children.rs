//! What a story says when the child that it has waited for ended badly.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use harness::get;
use nix::sys::wait::WaitStatus;
use shared::ways_out::ChildGuard;

/// Waits for a shell that runs `script`: its number, and what is said.
fn after(script: &str) -> (u32, Option<String>) {
    let mut shell = get(Command::new("sh").args(["-c", script]).spawn(), "sh");
    let child = ChildGuard::of(&shell);
    let raw = get(shell.wait(), "waitpid").into_raw();
    let how = get(WaitStatus::from_raw(child.pid(), raw), "the status");
    (shell.id(), child.ended(how).err().map(|stop| stop.to_string()))
}

/// Once it was waited for, its status is all that is left of a child.
#[test]
fn waitpid_tells_a_status_from_a_signal() {
    assert_eq!(after("exit 0").1, None);

    let (shell, said) = after("exit 3");
    assert_eq!(said, Some(format!("child {shell} exited with status 3")));

    let (shell, said) = after("kill -TERM $$");
    assert_eq!(said, Some(format!("SIGTERM ended child {shell}")));
}
