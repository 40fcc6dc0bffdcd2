//! The reader keeps a write end, and waits for an end of file that only it
//! could cause: a homework shell whose `wc` never ends, a service that stops
//! reading.
//!
//! What you will see: a child that hangs, why, as the kernel has it, and the
//! same child with one line more. `-- --hang` leaves it hanging, for you to
//! find out why from a second terminal.
//!
//! Run it: `cargo run -p fork-pipe --example forgotten_close`. People met it
//! in ziglang/zig#18887 and Waybar#2182, where a started program inherits the
//! end. Man page: pipe(7), "I/O on pipes and FIFOs". Claim: [FP-07].

use std::process::ExitCode;

use nix::libc;
use nix::unistd::{ForkResult, fork, pipe, read, write};
use shared::bug;
use shared::cli::About;
use shared::stop::{Named, Stop};
use shared::ways_out::{self, ChildGuard};

fn main() -> ExitCode {
    let about = About {
        shows: "A reader that keeps a write end never sees the end of file",
        hangs: true,
        ..shared::about!()
    };
    bug::run(&about, |tell, halves| {
        if halves.broken {
            tell.step("Broken: the child keeps its write end")?;
            let child = greet(false)?;
            halves.explain_hang(tell, &child, &[])?;
            tell.say("I end it. The fix is one line.");
        }
        if halves.mended {
            tell.step("Mended: the child closes its write end first")?;
            bug::ends_well(greet(true)?)?;
            tell.say("The child read 5 bytes, then the end of file, and left.");
        }
        Ok(())
    })
}

/// Starts a child that reads up to the end of file, and greets it.
fn greet(mended: bool) -> Result<ChildGuard, Stop> {
    let (read_end, write_end) = pipe().named("pipe")?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => {
            let child = ChildGuard::new(child);
            drop(read_end);
            write(&write_end, b"hello").named("write")?;
            // The parent does all that it should: it closes its write end.
            drop(write_end);
            Ok(child)
        }
        ForkResult::Child => {
            ways_out::end_with_parent();
            // fork copied both descriptors. As long as this one is open there
            // is a writer: this very process, which will never write.
            if mended {
                drop(write_end); // <-- the fix
            }
            let mut total = 0;
            while let Ok(count @ 1..) = read(&read_end, &mut [0; 64]) {
                total += count;
            }
            // SAFETY: it ends this process; nothing is used after it.
            unsafe { libc::_exit(i32::from(total != 5)) }
        }
    }
}
