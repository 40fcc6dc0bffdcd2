//! Build it: one input, two readers. A shell joins commands in a row, and `|`
//! does not branch. This does: `seq 3 | feed_both sort -r and wc -l`.
//!
//! - Each command has a pipe of its own as standard input, and finds on it all
//!   that arrives on standard input here, up to the end of file.
//! - A command that reads no more does not keep the other one from reading on.
//!   When neither reads, nor does `feed_both`: so its producer is told.
//! - It ends after both commands, with the exit status of the second.
//!
//! It runs both commands. As nobody gave them a pipe, both read what fork gave
//! them, the standard input of this program, and each byte goes to one of them
//! only. To see how far you are: `cargo test -p fork-pipe --test exercise`. Who
//! hangs, `cargo run -p shared --bin who_holds -- PID` explains. Man pages:
//! pipe(2), dup2(2), write(2), waitpid(2).

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use nix::libc;
use nix::unistd::{ForkResult, Pid, fork};
use shared::cli::{self, About};
use shared::deadline;
use shared::stop::{Named, Stop};

fn main() -> ExitCode {
    let about = About {
        shows: "Gives its standard input to two commands",
        ..shared::about!("COMMAND...": "two commands with `and` between them")
    };
    cli::run(&about, |_tell, words| {
        let commands: Vec<_> = words.split(|word| word == "and").collect();
        let [first @ [_, ..], second @ [_, ..]] = commands[..] else {
            let why = "it takes two commands: sort -r and wc -l";
            return Err(Stop::Usage(why.into()));
        };
        // The input may take as long as it takes.
        deadline::rest();
        let _children = [start(first)?, start(second)?];
        // TODO: read standard input, piece by piece, and write each piece into
        // both pipes. Ask each write how much it took, also when Ctrl-Z and
        // `fg` came in between: see the example one_call. EPIPE says that one
        // of the two has left.
        // TODO: wait for both: `waitpid`, `Stop::Status`. Before that, tell
        // them that this was all.
        Ok(())
    })
}

/// Starts a command.
fn start(command: &[OsString]) -> Result<Pid, Stop> {
    // TODO: a pipe. Afterwards each of the three processes has closed all ends
    // that it does not use: how many are that in the second command?
    // SAFETY: this process has one thread.
    match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => Ok(child),
        // TODO: the read end becomes its standard input: `dup2_stdin`.
        ForkResult::Child => become_command(command),
    }
}

/// exec, by way of std, which gives SIGPIPE back to the command: a Rust
/// program ignores it, and what is ignored stays so.
fn become_command(command: &[OsString]) -> ! {
    let failed = Command::new(&command[0]).args(&command[1..]).exec();
    let name = command[0].to_string_lossy().escape_debug().to_string();
    let answer: Result<(), Stop> = Err(failed).named(format!("exec {name}"));
    let _ = answer.map_err(|stop| stop.report("feed_both"));
    // SAFETY: it ends this process; nothing is used after it.
    unsafe { libc::_exit(127) }
}
