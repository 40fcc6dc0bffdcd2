//! One program becomes two processes, and a pipe made before the fork
//! connects them. Who holds which end decides who waits, and for how long.
//!
//! Run it: `cargo run -p fork-pipe`, or `cargo run -p fork-pipe -- FILE` to
//! have a file counted by the child; `-` is standard input. Man pages:
//! pipe(2), fork(2), waitpid(2), `_exit(2)`.
//!
//! Only one process speaks at a time. Sending bytes or an end of file passes
//! the turn, and then the sender is silent until the answer comes.

use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{ExitCode, id};

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe, read, write};
use shared::cli::{self, About};
use shared::narrate::{Answer, Narrator};
use shared::picture;
use shared::stop::{Named, Stop, must, uninterrupted};
use shared::ways_out::{self, ChildGuard};

mod count;
mod input;
mod peak;
mod two_ways;

fn main() -> ExitCode {
    let about = shared::about!("FILE": "what to count; - is standard input");
    let about = About { asks: true, ..about };
    cli::run(&about, |tell, words| {
        let mut input = input::open(words.first())?;
        hello(tell)?;
        two_ways::count(tell, &mut input)?;
        tell.step("What the shell does with |")?;
        tell.say("The same, and dup2: an end of the pipe becomes 0 or 1.");
        tell.say(
            "cargo run -p fork-pipe --example shell_pipeline -- ls '|' wc -l",
        );
        tell.say("Next, two strangers: cargo run -p named-pipe-uni");
        Ok(())
    })
}

/// The smallest useful program: one pipe, one fork, one message.
fn hello(tell: &mut Narrator) -> Result<(), Stop> {
    tell.say(format!("parent {}", id()));
    tell.step("fork: two processes, one pipe")?;
    let (read_end, write_end) = pipe().named("pipe")?;
    let (r, w) = (read_end.as_raw_fd(), write_end.as_raw_fd());
    tell.say(format!("pipe() = [{r}, {w}]"));

    // No signal shall end the parent between the fork and the guard.
    let held = ways_out::hold_signals()?;
    // SAFETY: this process has one thread. A child of many threads would
    // have only one of them, and every lock that the others held.
    let child = match unsafe { fork() }.named("fork")? {
        ForkResult::Child => {
            // Should the parent be killed, the child ends, too.
            ways_out::end_with_parent();
            let mut tell = tell.second_column();
            leave(hello_from_the_parent(&mut tell, &read_end, write_end));
        }
        ForkResult::Parent { child } => child,
    };

    let guard = ChildGuard::new(child);
    drop(held);
    let both = [(getpid(), "parent"), (child, "child")];
    tell.remark(format!("fork() = {child}"), "both now hold both ends:");
    tell.picture(&write_end, &both);

    // The parent writes, so it closes its read end: else, with the child
    // dead, it would be its own reader, and wait at a full pipe for itself.
    drop(read_end);
    tell.remark(format!("close({r})"), "I only write");
    tell.say(picture::sides(&write_end, &both));

    tell.guess("the child's second read, when both have closed their copies")?;
    // Announced, then done: with the bytes the turn passes to the child.
    tell.say(format!("write({w}, \"Hello world!\", 12), close({w})"));
    uninterrupted(|| write(&write_end, b"Hello world!")).named("write")?;
    drop(write_end);
    reap(tell, guard, child)?;
    // The child exits with 0 only if its read answered 0.
    tell.turned_out(Answer::EndOfFile);

    tell.step("Close what you do not use, or wait for ever")?;
    tell.say("A child that kept its write end would wait for itself:");
    tell.say("cargo run -p fork-pipe --example forgotten_close");
    Ok(())
}

/// The child's side. It waits for the greeting with both ends open, while
/// the parent draws them.
fn hello_from_the_parent(
    tell: &mut Narrator,
    read_end: &OwnedFd,
    write_end: OwnedFd,
) -> Result<(), Stop> {
    let mut buffer = [0; 64];
    let (r, w) = (read_end.as_raw_fd(), write_end.as_raw_fd());
    let answer = uninterrupted(|| read(read_end, &mut buffer));
    tell.say(format!("child {}", id()));
    tell.call(format!("read({r}, 64)"), || answer)
        .must_be(Ok(12), "\"Hello world!\"")?;
    must(buffer.starts_with(b"Hello world!"), "the greeting arrives whole")?;

    // Before it waits for the end of file, the child closes its write end:
    // else it would be a writer itself, and wait for itself.
    drop(write_end); // BREAK 1
    tell.say(format!("close({w})  I only read"));
    // [eof]
    tell.call(format!("read({r}, 64)"), || read(read_end, &mut buffer))
        .must_be(Ok(0), "end of file [eof]")?;
    tell.still_heard()
}

/// Waits for the child and shows how it ended.
pub(crate) fn reap(
    tell: &mut Narrator,
    guard: ChildGuard,
    child: Pid,
) -> Result<(), Stop> {
    let status = uninterrupted(|| waitpid(child, None)).named("waitpid")?;
    guard.ended(status)?;
    tell.remark(format!("waitpid({child}): exited, 0"), "no zombie is left");
    Ok(())
}

/// The child's last line: `_exit` skips the destructors and the buffers that
/// came along with the fork. They are the parent's to run and to flush.
pub(crate) fn leave(told: Result<(), Stop>) -> ! {
    let status =
        told.map_or_else(|stop| stop.report("fork-pipe child"), |()| 0);
    // SAFETY: it ends this process; nothing is used after it.
    unsafe { nix::libc::_exit(i32::from(status)) }
}
