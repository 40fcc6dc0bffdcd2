//! For an engineer with a hung pipeline: what a process waits for, every end
//! of a pipe or FIFO that it holds, how full each is, and who holds the other
//! side.
//!
//! Run it: `cargo run -p shared --bin who_holds -- PID`. It only looks: it
//! opens no pipe, stops no process and ends none. It sees your own processes,
//! and as root all; what it may not see, it says. Where Yama is on
//! (`/proc/sys/kernel/yama/ptrace_scope` is 1, as on Ubuntu), the call and the
//! fill of a process are shown to root alone, unless that process allows it,
//! as the demos here do: `sudo target/debug/who_holds PID`.

use std::io::Write;
use std::process::ExitCode;

use nix::unistd::Pid;
use shared::cli::{self, About};
use shared::observe::hang;
#[cfg(target_os = "linux")]
use shared::observe::{
    Access,
    proc::{self, End, View},
};
use shared::stop::Stop;

fn main() -> ExitCode {
    let about = About {
        shows: "What a process waits for, and who holds its pipes",
        ..shared::about!("PID": "the number of a process")
    };
    cli::run(&about, |_tell, words| {
        let number = words.first().and_then(|word| word.to_str());
        let number = number.and_then(|word| word.parse().ok());
        let Some(number @ 1..) = number else {
            return Err(cli::refuse(&about, words));
        };
        let report = report(Pid::from_raw(number))?;
        // `| head -1` may close standard output early: that is no failure.
        let _ = std::io::stdout().write_all(report.as_bytes());
        Ok(())
    })
}

/// This system has no /proc to ask.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "as where there is a /proc")]
fn report(process: Pid) -> Result<String, Stop> {
    Ok(format!("{}\n", hang::explain(process, &[])))
}

/// The process, its pipes, and what follows.
#[cfg(target_os = "linux")]
fn report(process: Pid) -> Result<String, Stop> {
    let number = process.as_raw();
    if !proc::is_there(number) {
        // Where not even this process is found, nothing can be said.
        let itself = std::process::id().cast_signed();
        return Err(Stop::Failed(if proc::is_there(itself) {
            format!("there is no process {number}")
        } else {
            "there is no /proc of this PID namespace to ask".into()
        }));
    }
    let explained = hang::explain(process, &[]);
    let mut lines: Vec<String> = explained.facts.into_iter().take(1).collect();
    match proc::ends_of(number) {
        None => lines.push("  Its descriptors may not be looked at.".into()),
        Some(ends) if ends.is_empty() => {
            lines.push("  It holds no end of a pipe.".into());
        }
        Some(ends) => {
            let view = proc::look();
            lines.extend(ends.iter().flat_map(|end| two_lines(end, &view)));
        }
    }
    if let Some(threads @ 2..) = proc::threads(number) {
        lines.push(format!("It has {threads} threads; this is the first."));
    }
    lines.push(explained.verdict);
    lines.retain(|line| !line.is_empty());
    Ok(lines.join("\n") + "\n")
}

/// One end: the descriptor, the pipe and its fill; then the other side.
#[cfg(target_os = "linux")]
fn two_lines(end: &End, view: &View) -> [String; 2] {
    let (mine, other) = match end.access {
        Access::Read => ("read end", "write end"),
        Access::Write => ("write end", "read end"),
        Access::ReadAndWrite => ("both ends", "others"),
    };
    let filled = proc::bytes_behind(end);
    let room = proc::capacity_behind(end);
    let opposite = |other: &&End| {
        let another = (other.process, other.fd) != (end.process, end.fd);
        let opposite = match end.access {
            Access::Read => other.access.writes(),
            Access::Write => other.access.reads(),
            Access::ReadAndWrite => true,
        };
        other.pipe == end.pipe && another && opposite
    };
    let who = |holder: &End| {
        let name = proc::name(holder.process).unwrap_or("process".into());
        format!("{name} {} ({})", holder.process, holder.fd)
    };
    let holders: Vec<_> = view.ends.iter().filter(opposite).map(who).collect();
    let holders = match (&holders[..], view.hidden) {
        ([], 0) if proc::shows_all() => "nobody".to_string(),
        ([], _) => "nobody that may be seen".to_string(),
        (holders, _) => holders.join(", "),
    };
    let (fd, label) = (end.fd, end.label.escape_debug());
    [
        format!("{fd:>3}  {label}  {mine}, {filled} of {room} bytes"),
        format!("     {other}: {holders}"),
    ]
}
