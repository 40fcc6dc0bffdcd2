//! What a shell does with `|`: a pipe between each two commands, a fork for
//! each command, and dup2 to make the ends of the pipes its standard input
//! and output. exec does the rest: the command never learns about it.
//!
//! Run it: `cargo run -p fork-pipe --example shell_pipeline -- ls '|' wc -l`.
//! Man pages: dup2(2), execvp(3), waitpid(2), "Pipelines" in bash(1).

use std::ffi::{CString, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::{ForkResult, Pid, dup2_stdin, dup2_stdout, execvp};
use nix::unistd::{fork, pipe};
use shared::cli::{self, About};
use shared::deadline;
use shared::stop::{self, Named, Stop};

fn main() -> ExitCode {
    let about = About {
        shows: "Runs a pipeline as a shell does",
        ..shared::about!("COMMAND...": "commands with '|' between them")
    };
    cli::run(&about, |_tell, words| {
        let commands: Vec<_> = words.split(|word| word == "|").collect();
        if commands.iter().any(|command| command.is_empty()) {
            let why = "a command is missing: ls '|' wc -l";
            return Err(Stop::Usage(why.into()));
        }
        // A pipeline may take as long as it takes.
        deadline::rest();
        let mut children = Vec::new();
        let started = start_all(&commands, &mut children);

        // Waiting comes last. A shell that waited for each command before
        // starting the next would wait for ever at the first full pipe.
        let mut status = 0;
        for child in children {
            status = wait_for(child)?;
        }
        started?;
        Err(Stop::Status(status))
    })
}

/// Starts the commands from left to right.
fn start_all(
    commands: &[&[OsString]],
    children: &mut Vec<Pid>,
) -> Result<(), Stop> {
    // The read end of the pipe to the left, if there is one.
    let mut left: Option<OwnedFd> = None;
    for (at, command) in commands.iter().enumerate() {
        let last = at + 1 == commands.len();
        let right = if last { None } else { Some(pipe().named("pipe")?) };

        // SAFETY: this process has one thread.
        match unsafe { fork() }.named("fork")? {
            ForkResult::Child => become_command(command, left, right),
            ForkResult::Parent { child } => children.push(child),
        }

        // The shell itself reads and writes nothing. A write end that it
        // kept would be a writer that never leaves, and the command to the
        // right would wait for its end of file for ever. Assigning drops the
        // old read end; the new write end is dropped here.
        left = right.map(|(read_end, _write_end)| read_end);
    }
    Ok(())
}

/// The child: the ends take the places 0 and 1, and the command takes over.
fn become_command(
    command: &[OsString],
    left: Option<OwnedFd>,
    right: Option<(OwnedFd, OwnedFd)>,
) -> ! {
    let (stop, status) = match connect(left, right) {
        Ok(()) => exec(command),
        Err(stop) => (stop, 126),
    };
    // Only a failure leads here: a command that runs is no longer this
    // program.
    let _ = stop.report("shell_pipeline");
    // SAFETY: it ends this process; nothing is used after it.
    unsafe { libc::_exit(status) }
}

/// dup2 makes a copy at the number 0 or 1. The original number is closed
/// when it is dropped: a command that held its own pipe a second time could
/// keep its own end of file from coming.
fn connect(
    left: Option<OwnedFd>,
    right: Option<(OwnedFd, OwnedFd)>,
) -> Result<(), Stop> {
    if let Some(read_end) = left {
        dup2_stdin(&read_end).named("dup2")?;
    }
    if let Some((_read_end, write_end)) = right {
        dup2_stdout(&write_end).named("dup2")?;
    }
    Ok(())
}

/// Never returns if it succeeds; else why not, and the status a shell gives:
/// 127 if there is no such command, 126 if it cannot be run.
fn exec(command: &[OsString]) -> (Stop, i32) {
    // Rust ignores SIGPIPE, and what is ignored stays ignored over exec.
    // Without this line `yes | head -1` prints an error instead of ending.
    // SAFETY: the default action runs no code of ours.
    let given_back = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    if let Err(stop) = given_back.named("signal") {
        return (stop, 126);
    }
    let words = command.iter().map(|word| CString::new(word.as_bytes()));
    let Ok(words) = words.collect::<Result<Vec<_>, _>>() else {
        return (Stop::Failed("a word holds a NUL byte".into()), 126);
    };
    let Err(errno) = execvp(&words[0], &words);
    let name = command[0].to_string_lossy().escape_debug().to_string();
    let why = format!("execvp {name}: {}", stop::errno(errno));
    (Stop::Failed(why), if errno == Errno::ENOENT { 127 } else { 126 })
}

/// The exit status as a shell gives it: 128 + N for a death by signal N.
fn wait_for(child: Pid) -> Result<u8, Stop> {
    let mut status = 0;
    // nix's waitpid knows no real-time signals, and a command may die of any.
    // SAFETY: there is room for the status.
    let pid = unsafe { libc::waitpid(child.as_raw(), &raw mut status, 0) };
    Errno::result(pid).named("waitpid")?;
    let status = if libc::WIFSIGNALED(status) {
        128 + libc::WTERMSIG(status)
    } else {
        libc::WEXITSTATUS(status)
    };
    Ok(u8::try_from(status).unwrap_or(u8::MAX))
}
