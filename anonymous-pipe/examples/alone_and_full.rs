//! A process writes one byte more than its pipe holds, and waits for a reader
//! to make room. The only reader is the process itself. It goes well with
//! every small input, and hangs for ever with the first large one.
//!
//! What you will see: a child that hangs in write, why, as the kernel has it,
//! and the same child with one line more. `-- --hang` leaves it hanging, for
//! you to find out why from a second terminal.
//!
//! Run it: `cargo run -p anonymous-pipe --example alone_and_full`. People met
//! it in a shell that writes a here-document before it starts the reader
//! (reubeno/brush#1293), and in a signal handler that writes into its own
//! program's pipe (booksbyus/zguide#812). Man page: pipe(7), "Pipe capacity".
//! Claim: [AP-60].

use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd::{ForkResult, fork, pipe, read, write};
use shared::bug;
use shared::cli::About;
use shared::observe;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

fn main() -> ExitCode {
    let about = About {
        shows: "A process that fills its own pipe waits for itself",
        hangs: true,
        ..shared::about!()
    };
    bug::run(&about, |tell, halves| {
        if halves.broken {
            tell.step("Broken: the child writes it all, then reads")?;
            let (child, length) = start(false)?;
            let holds = length - 1;
            tell.say(format!(
                "{length} bytes, into a pipe that holds {holds}."
            ));
            halves.explain_hang(tell, &child, &[])?;
            tell.say("I end it. The fix is one line.");
        }
        if halves.mended {
            tell.step("Mended: the child writes what fits, and reads")?;
            let (child, length) = start(true)?;
            bug::ends_well(child)?;
            tell.say(format!("{length} bytes went in and came out, in order."));
        }
        Ok(())
    })
}

/// Starts a child that sends bytes to itself, one more than its pipe holds.
fn start(mended: bool) -> Result<(ChildGuard, usize), Stop> {
    let (read_end, write_end) = pipe().named("pipe")?;
    let length = capacity(&read_end, &write_end)? + 1;
    let bytes: Vec<u8> = (0..251).cycle().take(length).collect();
    // SAFETY: this process has one thread.
    match unsafe { fork() }.named("fork")? {
        // The parent's two ends are dropped here: the child is alone.
        ForkResult::Parent { child } => Ok((ChildGuard::new(child), length)),
        ForkResult::Child => {
            ways_out::end_with_parent();
            let came_back = to_itself(&read_end, &write_end, &bytes, mended);
            // SAFETY: it ends this process; nothing is used after it.
            unsafe { libc::_exit(i32::from(came_back != Ok(true))) }
        }
    }
}

/// In the child: writes `bytes`, and reads them back.
fn to_itself(
    read_end: &OwnedFd,
    write_end: &OwnedFd,
    bytes: &[u8],
    mended: bool,
) -> nix::Result<bool> {
    // A blocking write returns when its last byte is in the pipe. Here that
    // is never: the read that would make room comes after it. A nonblocking
    // write takes what fits and says how much, or EAGAIN if nothing does.
    if mended {
        fcntl(write_end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?; // <-- the fix
    }
    let (mut sent, mut back, mut buffer) = (0, 0, [0; 4096]);
    while back < bytes.len() {
        if sent < bytes.len() {
            match write(write_end, &bytes[sent..]) {
                Ok(count) => sent += count,
                Err(Errno::EAGAIN) => {}
                Err(e) => return Err(e),
            }
        }
        // This read never waits: what was sent and is not back is there.
        let count = read(read_end, &mut buffer)?;
        if !bytes[back..].starts_with(&buffer[..count]) {
            return Ok(false);
        }
        back += count;
    }
    Ok(true)
}

/// What the pipe holds: as much as one nonblocking write can put into it. It
/// is read out again. Linux can be asked as well, and has to agree.
fn capacity(read_end: &OwnedFd, write_end: &OwnedFd) -> Result<usize, Stop> {
    let mut plenty = vec![0; 4 << 20];
    fcntl(write_end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).named("fcntl")?;
    let fits = write(write_end, &plenty).named("write")?;
    fcntl(write_end, FcntlArg::F_SETFL(OFlag::empty())).named("fcntl")?;
    let out = read(read_end, &mut plenty).named("read")?;
    must(out == fits && fits < plenty.len(), "the pipe is empty again")?;
    must(observe::capacity(write_end).agrees_with(fits), "F_GETPIPE_SZ")?;
    Ok(fits)
}
