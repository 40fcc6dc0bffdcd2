//! Somebody waits for a process to end before reading what it writes. As soon
//! as that is more than a pipe holds, both wait for each other for ever. The
//! same happens between two pipes when both sides write before they read.
//!
//! What you will see: a child with one byte too many, stuck in write; then
//! two processes, each stuck in write, each with the other's bytes unread.
//! Both mended. `-- --hang` leaves the first one hanging.
//!
//! Run it: `cargo run -p fork-pipe --example nobody_drains`. People met it in
//! localstack/localstack#1101, dagster-io/dagster#6435 and, in the official
//! example, in rust-lang/rust-by-example#1273. Man page: pipe(7), "Pipe
//! capacity". Claims: [FP-28] [FP-09].

use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::libc;
use nix::unistd::{ForkResult, fork, pipe, read, write};
use shared::bug;
use shared::cli::About;
use shared::observe::{self, Seen};
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

fn main() -> ExitCode {
    let about = About {
        shows: "Who waits before reading waits for ever, one byte too late",
        hangs: true,
        ..shared::about!()
    };
    bug::run(&about, |tell, halves| {
        let much = capacity()? + 1;
        if halves.broken {
            tell.step("Broken: wait for the child, then read")?;
            let (child, output) = writer(much)?;
            tell.say(format!("The child writes {much} bytes. I wait for it."));
            halves.explain_hang(tell, &child, &[])?;
            tell.say("I would read, but only after it has ended.");
            drop((child, output));

            tell.step("Broken: both write first, then read")?;
            let (left, right) = pair(much, false)?;
            let names = [(left.pid(), "left"), (right.pid(), "right")];
            halves.explain_hang(tell, &left, &names)?;
            halves.explain_hang(tell, &right, &names)?;
        }
        if halves.mended {
            tell.step("Mended: read, then wait for the child")?;
            let (child, output) = writer(much)?;
            let count = drain(&output); // <-- the fix
            bug::ends_well(child)?;
            must(count == much, "all bytes arrive")?;
            tell.say(format!("{count} bytes arrived, and the child ended."));

            tell.step("Mended: one side reads first")?;
            let (left, right) = pair(much, true)?;
            bug::ends_well(left)?;
            bug::ends_well(right)?;
            tell.say(format!("{much} bytes went each way, and both ended."));
        }
        Ok(())
    })
}

/// What a pipe holds: the kernel's word, or as much as it takes.
fn capacity() -> Result<usize, Stop> {
    let (_read_end, write_end) = pipe().named("pipe")?;
    if let Seen(Some(bytes)) = observe::capacity(&write_end) {
        return Ok(bytes);
    }
    Ok(1 << 20) // No pipe that we know of holds more by default.
}

/// A child that writes so many bytes into a pipe, and the end to read them.
fn writer(much: usize) -> Result<(ChildGuard, OwnedFd), Stop> {
    let (read_end, write_end) = pipe().named("pipe")?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => Ok((ChildGuard::new(child), read_end)),
        ForkResult::Child => {
            ways_out::end_with_parent();
            drop(read_end);
            leave(fill(&write_end, much))
        }
    }
}

/// Two children and two pipes: each sends so many bytes and gets as many.
fn pair(much: usize, mended: bool) -> Result<(ChildGuard, ChildGuard), Stop> {
    let (right_in, left_out) = pipe().named("pipe")?;
    let (left_in, right_out) = pipe().named("pipe")?;
    // SAFETY: this process has one thread.
    let left = match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => ChildGuard::new(child),
        ForkResult::Child => {
            ways_out::end_with_parent();
            drop((right_in, right_out));
            let sent = fill(&left_out, much);
            drop(left_out);
            leave(sent && drain(&left_in) == much)
        }
    };
    // SAFETY: this process has one thread.
    match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => Ok((left, ChildGuard::new(child))),
        ForkResult::Child => {
            ways_out::end_with_parent();
            drop((left_in, left_out));
            // Whoever reads first makes room for the other one.
            let mut got = 0;
            if mended {
                got = drain(&right_in); // <-- the fix
            }
            let sent = fill(&right_out, much);
            drop(right_out);
            leave(sent && got + drain(&right_in) == much)
        }
    }
}

fn fill(write_end: &OwnedFd, much: usize) -> bool {
    write(write_end, &vec![b'x'; much]) == Ok(much)
}

fn drain(read_end: &OwnedFd) -> usize {
    let (mut total, mut buffer) = (0, [0; 4096]);
    while let Ok(count @ 1..) = read(read_end, &mut buffer) {
        total += count;
    }
    total
}

fn leave(well: bool) -> ! {
    // SAFETY: it ends this process; nothing is used after it.
    unsafe { libc::_exit(i32::from(!well)) }
}
