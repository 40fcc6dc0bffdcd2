//! A solution of the exercise in starter.rs: one input, two readers.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup2_stdin, fork, pipe, read, write};
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
        let mut feeds = Vec::new();
        let children = [start(first, &mut feeds)?, start(second, &mut feeds)?];

        // This closes the write ends, on every way out. A command that waits
        // for its end of file, and a parent that waits for the command before
        // it closes, would wait for each other.
        let fed = feed(feeds);

        // Both are waited for, also if the feeding failed: else they would go
        // on behind the back of the shell. As in a pipeline the last counts.
        let mut status = 0;
        for child in children {
            status = wait_for(child)?;
        }
        fed?;
        Err(Stop::Status(status))
    })
}

/// Starts a command with a pipe as standard input, and adds the pipe's write
/// end to `feeds`.
fn start(command: &[OsString], feeds: &mut Vec<OwnedFd>) -> Result<Pid, Stop> {
    let (read_end, write_end) = pipe().named("pipe")?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => {
            // A read end that stayed here would keep EPIPE from coming when
            // the command leaves: the next write would wait for itself.
            drop(read_end);
            feeds.push(write_end);
            Ok(child)
        }
        ForkResult::Child => {
            // It would be a writer of its own input, and wait for itself.
            drop(write_end);
            // And the second command would be a writer of the first one's,
            // which then ended no earlier than the second.
            feeds.clear();
            become_command(command, read_end)
        }
    }
}

/// The read end becomes standard input, and the command takes over. exec by
/// way of std, which gives SIGPIPE back to the command: a Rust program ignores
/// it, and what is ignored stays so.
fn become_command(command: &[OsString], read_end: OwnedFd) -> ! {
    let connected = dup2_stdin(&read_end).named("dup2");
    // Its copy at the number 0 is enough.
    drop(read_end);
    let answer = connected.and_then(|()| {
        let failed = Command::new(&command[0]).args(&command[1..]).exec();
        let name = command[0].to_string_lossy().escape_debug().to_string();
        Err::<(), _>(failed).named(format!("exec {name}"))
    });
    let _ = answer.map_err(|stop| stop.report("feed_both"));
    // SAFETY: it ends this process; nothing is used after it.
    unsafe { libc::_exit(127) }
}

/// Copies standard input into all feeds, up to its end, or as long as anybody
/// reads. Who is slow makes the other one wait: nothing is kept here.
fn feed(mut feeds: Vec<OwnedFd>) -> Result<(), Stop> {
    let mut piece = vec![0; 1 << 16];
    // When both have left, this one leaves, too, and the read end with it
    // that is its standard input: then the producer gets its SIGPIPE.
    while !feeds.is_empty() {
        let count = match read(io::stdin(), &mut piece) {
            Err(Errno::EINTR) => continue,
            answer => answer.named("read standard input")?,
        };
        if count == 0 {
            break;
        }
        let mut still_fed = Vec::new();
        for feed in feeds {
            match write_whole(&feed, &piece[..count]) {
                Ok(()) => still_fed.push(feed),
                // That one has read enough: `head` does so.
                Err(Errno::EPIPE) => {}
                Err(errno) => return Err(errno).named("write"),
            }
        }
        feeds = still_fed;
    }
    Ok(())
}

/// A write that waits takes all, but for one that a signal ends half way: it
/// answers how much it took. Ctrl-Z and `fg` are such signals.
fn write_whole(feed: &OwnedFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match write(feed, bytes) {
            Err(Errno::EINTR) => {}
            answer => bytes = &bytes[answer?..],
        }
    }
    Ok(())
}

/// The exit status as a shell gives it: 128 + N for a death by signal N.
fn wait_for(child: Pid) -> Result<u8, Stop> {
    let status = match waitpid(child, None).named("waitpid")? {
        WaitStatus::Exited(_, status) => status,
        WaitStatus::Signaled(_, signal, _) => 128 + signal as i32,
        _ => 1,
    };
    Ok(u8::try_from(status).unwrap_or(u8::MAX))
}
