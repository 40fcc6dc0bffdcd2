//! The same pipeline as in `shell_pipeline.rs`, one level higher: `os_pipe`
//! makes the pipes, `std::process::Command` does the fork, the dup2 and the
//! exec, and gives SIGPIPE back to the commands without being asked.
//!
//! Run it: `cargo run -p fork-pipe --example shell_pipeline_os_pipe -- ls '|'
//! wc -l`. What stays yours to remember is marked `// <-- yours`.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use shared::cli::{self, About};
use shared::deadline;
use shared::stop::{Named, Stop};

fn main() -> ExitCode {
    let about = About {
        shows: "Runs a pipeline by os_pipe and Command",
        ..shared::about!("COMMAND...": "commands with '|' between them")
    };
    cli::run(&about, |_tell, words| {
        let commands: Vec<_> = words.split(|word| word == "|").collect();
        if commands.iter().any(|command| command.is_empty()) {
            let why = "a command is missing: ls '|' wc -l";
            return Err(Stop::Usage(why.into()));
        }
        deadline::rest();
        let mut children = Vec::new();
        let mut missing = None;
        let mut left = Stdio::inherit();
        for (at, command) in commands.iter().enumerate() {
            let last = at + 1 == commands.len();
            let (next, right) = if last {
                (Stdio::null(), Stdio::inherit())
            } else {
                let (reader, writer) = os_pipe::pipe().named("pipe")?;
                (reader.into(), writer.into())
            };
            missing = start(command, left, right, &mut children);
            left = next;
        }
        let mut status = 0;
        for mut child in children {
            status = shell_status(child.wait().named("waitpid")?);
        }
        Err(Stop::Status(missing.unwrap_or(status)))
    })
}

/// Starts one command, or answers the status a shell gives instead.
fn start(
    command: &[OsString],
    left: Stdio,
    right: Stdio,
    children: &mut Vec<Child>,
) -> Option<u8> {
    let (name, words) = (&command[0], &command[1..]);
    let mut command = Command::new(name);
    command.args(words).stdin(left).stdout(right);
    let started = command.spawn();

    // The Command still holds this process's copies of both ends. Whoever
    // waits while it lives has given the command to the right a writer that
    // never leaves. Returning from here would drop it, too: in a function
    // that goes on to wait, this line decides.
    drop(command); // <-- yours

    match started {
        Ok(child) => children.push(child),
        Err(e) => {
            let status = match e.kind() {
                io::ErrorKind::NotFound => 127,
                _ => 126,
            };
            let name = name.to_string_lossy();
            let call = format!("exec {}", name.escape_debug());
            let failed: Result<(), Stop> = Err(e).named(call);
            if let Err(stop) = failed {
                let _ = stop.report("shell_pipeline_os_pipe");
            }
            return Some(status);
        }
    }
    None
}

fn shell_status(status: ExitStatus) -> u8 {
    let signal = status.signal().map(|number| 128 + number);
    let status = status.code().or(signal).unwrap_or(1);
    u8::try_from(status).unwrap_or(u8::MAX)
}
