//! Two FIFOs carry a conversation, one each way, as long as both sides open
//! them in the same order. If each opens the one it reads from first, each
//! waits for a writer that the other becomes only afterwards: both hang.
//!
//! What you will see: two children, both stuck in open, and why; then the
//! same two, one with its two lines swapped, who talk. `-- --hang` leaves them
//! stuck, for you to look at.
//!
//! Run it: `cargo run -p named-pipe-bidi --example open_order`. People met it
//! in cthecosmos.com/?p=4180, and jleffler/soq#124 calls the order of the opens
//! the tricky part. Man page: fifo(7), "DESCRIPTION". Claim: [NB-14].

use std::path::Path;
use std::process::ExitCode;

use named_pipe_uni::fifo::{self, Home};
use nix::fcntl::OFlag;
use nix::libc;
use nix::unistd::{ForkResult, fork};
use shared::bug;
use shared::cli::About;
use shared::frame::{FrameReader, FrameWriter};
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

fn main() -> ExitCode {
    let about = About {
        shows: "Two FIFOs, opened the wrong way round, hang both sides",
        hangs: true,
        ..shared::about!()
    };
    bug::run(&about, |tell, halves| {
        let home = Home::new()?;
        let there = home.path().join("there");
        let back = home.path().join("back");
        let _made = (fifo::make(&there)?, fifo::make(&back)?);

        if halves.broken {
            tell.step("Broken: each side first opens what it reads")?;
            let asks = client(&there, &back, false)?;
            let answers = server(&there, &back)?;
            let names = [(asks.pid(), "client"), (answers.pid(), "server")];
            tell.say("The client opens \"back\" first:");
            halves.explain_hang(tell, &asks, &names)?;
            tell.say("The server opens \"there\" first:");
            halves.explain_hang(tell, &answers, &names)?;
            tell.say("Each waits for the other's second line. I end both.");
        }
        if halves.mended {
            tell.step("Mended: both open \"there\", then \"back\"")?;
            let asks = client(&there, &back, true)?;
            let answers = server(&there, &back)?;
            bug::ends_well(asks)?;
            bug::ends_well(answers)?;
            tell.say("A ping went there, a pong came back, and both left.");
        }
        Ok(())
    })
}

/// The child that sends a ping and wants a pong.
fn client(there: &Path, back: &Path, mended: bool) -> Result<ChildGuard, Stop> {
    start(|| {
        let (pings, replies);
        if mended {
            pings = fifo::open(there, OFlag::O_WRONLY)?; // <-- the fix
            replies = fifo::open(back, OFlag::O_RDONLY)?; // <-- the fix
        } else {
            replies = fifo::open(back, OFlag::O_RDONLY)?;
            pings = fifo::open(there, OFlag::O_WRONLY)?;
        }
        FrameWriter::new(pings).send(b"ping").named("send")?;
        let mut replies = FrameReader::new(replies);
        must(replies.recv().named("recv")? == Some(b"pong"), "a pong")
    })
}

/// The child that waits for a ping and sends a pong. It is the same in both
/// halves: one side has to change, not both.
fn server(there: &Path, back: &Path) -> Result<ChildGuard, Stop> {
    start(|| {
        let pings = fifo::open(there, OFlag::O_RDONLY)?;
        let replies = fifo::open(back, OFlag::O_WRONLY)?;
        let mut pings = FrameReader::new(pings);
        must(pings.recv().named("recv")? == Some(b"ping"), "a ping")?;
        FrameWriter::new(replies).send(b"pong").named("send")
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
