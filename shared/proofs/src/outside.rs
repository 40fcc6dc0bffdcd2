//! Demos looked at from outside, thousands of times: they are built as a
//! reader runs them, and what each leaves behind is found, and cleared away.

use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use nix::poll::{PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use shared::observe::proc;

/// Builds programs without the checks of a debug build: those make calls of
/// their own. From here on a panic of the harness prints nothing, and what a
/// program leaves behind becomes a child of this process.
///
/// # Returns
///
/// Where they are.
#[must_use]
pub fn prepare(packages: &[&str]) -> Option<PathBuf> {
    panic::set_hook(Box::new(|_| {}));
    nix::sys::prctl::set_child_subreaper(true).ok()?;
    let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--quiet", "--locked", "--bins"]);
    command.args(packages.iter().flat_map(|package| ["-p", package]));
    let built = command.status().is_ok_and(|status| status.success());
    let me = env::current_exe().ok()?;
    let target = me.parent()?.parent()?;
    built.then(|| target.join("release"))
}

/// Runs it; a panic of the harness, which would fail a test, is an answer
/// here.
///
/// # Errors
///
/// What the harness said, in one line.
pub fn quietly<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.unwrap_or_else(|| "a panic".to_string());
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

/// Who is still there of a session, or was never waited for: such a process
/// becomes this one's child (`PR_SET_CHILD_SUBREAPER`). What a killed program
/// leaves has to end by itself, at once.
#[must_use]
pub fn processes_left(
    session: Pid,
    killed: bool,
    bound: Duration,
) -> Vec<String> {
    let mut left = Vec::new();
    let mut reaped = |allowed: bool| {
        let members = members(session);
        for (pid, name, state) in &members {
            if *state == 'Z' {
                let _ = waitpid(*pid, None);
                if !allowed && name != "strace" {
                    left.push(format!("zombie {name} {pid}"));
                }
            }
        }
        members.is_empty()
    };
    let _ = soon(bound, || reaped(killed));
    for (pid, name, state) in members(session) {
        left.push(format!("{name} {pid}, state {state}"));
        let _ = kill(pid, Signal::SIGKILL);
    }
    left
}

fn members(session: Pid) -> Vec<(Pid, String, char)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|e| e.file_name().to_str()?.parse().ok());
    let member = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // Behind the name in parentheses: state, parent, group, session.
        let mut words = stat.rsplit(')').next()?.split_whitespace();
        let state = words.next()?.chars().next()?;
        let of = words.nth(2)?.parse().ok()?;
        (Pid::from_raw(of) == session).then(|| {
            let name = proc::name(pid).unwrap_or_default();
            (Pid::from_raw(pid), name, state)
        })
    };
    numbers.filter_map(member).collect()
}

/// Asks every millisecond until it is so, for so long.
pub fn soon(bound: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + bound;
    while Instant::now() < end {
        if is_so() {
            return true;
        }
        let _ = poll(&mut [], PollTimeout::from(1_u8));
    }
    false
}
