//! Opening a FIFO waits for the other side, so a program that comes alone
//! hangs before its first read. One article opens both ends in one process,
//! reading first: its second line is never reached.
//!
//! What you will see: a reader that nobody joins, and the article's two lines,
//! both stuck in open; then `O_NONBLOCK`, which asks instead of waiting.
//! `-- --hang` leaves the first one hanging, for you to find out why.
//!
//! Run it: `cargo run -p named-pipe-uni --example open_waits`. People met it
//! in topjohnwu/Magisk#5484, beave/sagan#16, JuliaLang/julia#58442 and, sitting
//! at their only terminal, in pwncollege/linux-luminarium#57. Man pages:
//! fifo(7), "DESCRIPTION"; open(2), "ERRORS". Claims: [NU-11] [NU-12] [NU-15].

use std::path::Path;
use std::process::ExitCode;

use named_pipe_uni::fifo::{self, Home};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::unistd::{ForkResult, fork, read, write};
use shared::bug;
use shared::cli::About;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

fn main() -> ExitCode {
    let about = About {
        shows: "A FIFO's open waits for the other side",
        hangs: true,
        ..shared::about!()
    };
    bug::run(&about, |tell, halves| {
        let home = Home::new()?;
        let path = home.path().join("work");
        let _made = fifo::make(&path)?;

        if halves.broken {
            tell.step("Broken: a reader comes, and no writer")?;
            let child = reader(&path, false)?;
            halves.explain_hang(tell, &child, &[])?;
            drop(child);

            tell.step("Broken: O_RDONLY, then O_WRONLY, in one process")?;
            let child = both_ends(&path, false)?;
            halves.explain_hang(tell, &child, &[])?;
            tell.say("The writer it waits for is its own next line.");
        }
        if halves.mended {
            tell.step("Mended: a reader that does not wait")?;
            bug::ends_well(reader(&path, true)?)?;
            tell.say("open(O_RDONLY|O_NONBLOCK) came back, without a writer.");

            // A writer that does not wait is told at once that it is alone.
            // It can say so, try again later, or leave.
            tell.step("Mended: a writer that asks")?;
            let ask = OFlag::O_WRONLY | OFlag::O_NONBLOCK; // <-- the fix
            let told = fifo::open(&path, ask).err().and_then(|no| no.errno);
            must(told == Some(Errno::ENXIO), "a lone writer is told ENXIO")?;
            tell.say("open(O_WRONLY|O_NONBLOCK) = ENXIO: nobody reads.");

            tell.step("Mended: the end that need not wait comes first")?;
            bug::ends_well(both_ends(&path, true)?)?;
            tell.say("Both ends are open, and two bytes went through.");
        }
        Ok(())
    })
}

/// A child that opens the FIFO for reading, and leaves.
fn reader(path: &Path, mended: bool) -> Result<ChildGuard, Stop> {
    start(|| {
        let mut how = OFlag::O_RDONLY;
        if mended {
            how |= OFlag::O_NONBLOCK; // <-- the fix
        }
        fifo::open(path, how)?;
        Ok(())
    })
}

/// A child that opens both ends, as the article does, and uses them.
fn both_ends(path: &Path, mended: bool) -> Result<ChildGuard, Stop> {
    start(|| {
        let mut how = OFlag::O_RDONLY;
        if mended {
            how |= OFlag::O_NONBLOCK; // <-- the fix
        }
        // Without O_NONBLOCK the first open waits for a writer. That would
        // be the second open, which this process never comes to.
        let read_end = fifo::open(path, how)?;
        let write_end = fifo::open(path, OFlag::O_WRONLY)?;
        write(&write_end, b"ok").named("write")?;
        let count = read(&read_end, &mut [0; 8]).named("read")?;
        must(count == 2, "what went in comes out")
    })
}

/// Starts a child that does `work`, and leaves with 0 if all went well.
fn start(work: impl FnOnce() -> Result<(), Stop>) -> Result<ChildGuard, Stop> {
    // SAFETY: this process has one thread.
    match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => Ok(ChildGuard::new(child)),
        ForkResult::Child => {
            ways_out::end_with_parent();
            let failed = work().is_err();
            // SAFETY: it ends this process; nothing is used after it.
            unsafe { libc::_exit(i32::from(failed)) }
        }
    }
}
