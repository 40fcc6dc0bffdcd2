//! A write end leaks into a program that was started for something else: the
//! pipe was made without `O_CLOEXEC`, so exec keeps it open, and a reader
//! waits for the end of a stranger.
//!
//! What you will see: a reader that hangs because `sleep`, its sibling, holds
//! the write end. Then a command that has ended, while a program that it left
//! in the background keeps its output open. Both mended. `-- --hang` leaves
//! the first one hanging.
//!
//! Run it: `cargo run -p fork-pipe --example leaked_end`. People met it in
//! redis/hiredis#555 and fsnotify#617, the second in haskell/process#70. Man
//! pages: open(2), `O_CLOEXEC`; pipe(2). Claims: [FP-10] [FP-12].

use std::io::{self, BufRead, BufReader, PipeReader};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Command, ExitCode, Stdio};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe, read};
use shared::bug;
use shared::cli::About;
use shared::picture;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

fn main() -> ExitCode {
    let about = About {
        shows: "A write end that leaks into another program delays the end",
        hangs: true,
        ..shared::about!()
    };
    bug::run(&about, |tell, halves| {
        if halves.broken {
            tell.step("Broken: a sibling inherits the write end")?;
            let (sibling, reader) = start(pipe().named("pipe")?)?;
            halves.explain_hang(
                tell,
                &reader,
                &[(sibling.pid(), "sibling")],
            )?;
            tell.say("The sibling did not ask for it, and will not close it.");

            tell.step(
                "Broken: what runs on in the background holds the output",
            )?;
            let (output, sleep) = capture("sleep 60 & echo $!")?;
            must(!ends(&output, 100_u8)?, "the output does not end")?;
            tell.say("The command has ended. Its output has not:");
            let holders = [(getpid(), "I"), (sleep.pid(), "sleep")];
            tell.say(picture::sides(&output, &holders));
            tell.say("Whoever reads it up to the end waits for a minute.");
        }
        if halves.mended {
            tell.step("Mended: the pipe is closed on exec")?;
            // std makes every pipe so, with pipe2(2) and O_CLOEXEC.
            let (r, w) = io::pipe().named("pipe2")?; // <-- the fix
            let (_sibling, reader) = start((r.into(), w.into()))?;
            bug::ends_well(reader)?;
            tell.say("The reader saw the end of file. The sibling runs on.");

            tell.step("Mended: the background gets an output of its own")?;
            let line = "sleep 60 > /dev/null & echo $!"; // <-- the fix
            let (output, _background) = capture(line)?;
            must(ends(&output, 5000_u16)?, "it ends with its command")?;
            tell.say("The output ended with its command. `sleep` runs on.");
        }
        Ok(())
    })
}

/// Starts a program that has nothing to do with the pipe, then a reader that
/// does all that it should.
fn start(
    (read_end, write_end): (OwnedFd, OwnedFd),
) -> Result<(ChildGuard, ChildGuard), Stop> {
    let sibling = Command::new("sleep").arg("60").spawn();
    let sibling = ChildGuard::of(&sibling.named("start sleep")?);
    // SAFETY: this process has one thread.
    match unsafe { fork() }.named("fork")? {
        // The parent drops both ends, so the only write end left is the one
        // that leaked, if it did.
        ForkResult::Parent { child } => Ok((sibling, ChildGuard::new(child))),
        ForkResult::Child => {
            ways_out::end_with_parent();
            drop(write_end);
            while let Ok(1..) = read(&read_end, &mut [0; 64]) {}
            // SAFETY: it ends this process; nothing is used after it.
            unsafe { libc::_exit(0) }
        }
    }
}

/// Runs a line of shell to its end. It prints the number of the process that
/// it leaves in the background: that is ended with the guard.
fn capture(line: &str) -> Result<(PipeReader, ChildGuard), Stop> {
    let (output, write_end) = io::pipe().named("pipe")?;
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).stdout(write_end).stderr(Stdio::null());
    let mut running = shell.spawn().named("start sh")?;
    // The Command holds this process's copy of the write end.
    drop(shell);
    running.wait().named("waitpid")?;
    let mut number = String::new();
    BufReader::new(&output).read_line(&mut number).named("read")?;
    match number.trim().parse() {
        Ok(number) => Ok((output, ChildGuard::new(Pid::from_raw(number)))),
        Err(_) => Err(Stop::Failed(format!("sh printed {number:?}"))),
    }
}

/// Whether the last writer leaves within so many milliseconds: poll(2) says
/// POLLHUP then, which nobody has to ask for.
fn ends(
    output: &PipeReader,
    most: impl Into<PollTimeout>,
) -> Result<bool, Stop> {
    let mut asked = [PollFd::new(output.as_fd(), PollFlags::empty())];
    Ok(poll(&mut asked, most).named("poll")? > 0)
}
