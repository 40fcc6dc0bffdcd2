//! The last writer leaves, and until the next one comes poll does not wait: it
//! says POLLHUP, at once, again and again, and a loop around it takes all of a
//! CPU. Next to it, two ways to lose a client: a reader that ends at the end of
//! file, and one that wants POLLIN alone where a hangup comes with it.
//!
//! What you will see: a thousand polls that may wait and do not, and a second
//! client that finds nobody; a last message that stays in the pipe. Then the
//! same, mended: a write end of the reader's own, and a bit test.
//!
//! Run it: `cargo run -p named-pipe-uni --example eof_spin`. People met the
//! spin in OpenRC/openrc#1055 (in process 1), MadcowOG/dwl-bar#11 and
//! beave/sagan#29, the early end in nxgtw/go-ipc#2, the lost message in an
//! article on IPC in Python. Man page: poll(2), "DESCRIPTION" and "EXAMPLES".
//! Claims: [NU-41] [NU-43] [NU-70].

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

use named_pipe_uni::fifo::{self, Home, Refused};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::unistd::{read, write};
use shared::bug;
use shared::cli::About;
use shared::observe::bytes_waiting;
use shared::stop::{Named, Stop, must};

/// Polls that make the point, and how long each may wait, in milliseconds.
const POLLS: usize = 1000;
const PATIENCE: u8 = 50;

fn main() -> ExitCode {
    let shows = "After the last writer has left, poll does not wait";
    let about = About { shows, ..shared::about!() };
    bug::run(&about, |tell, halves| {
        let home = Home::new()?;
        let path = home.path().join("work");
        let _made = fifo::make(&path)?;

        if halves.broken {
            tell.step("Broken: one client came and went")?;
            let (spun, second) = serve(&path, false)?;
            must(spun == POLLS, "every poll comes back with POLLHUP")?;
            tell.say(format!("{POLLS} polls, {PATIENCE} ms of patience each:"));
            tell.say("not one waited. Each said POLLHUP, and read said 0.");
            let told = second.err().and_then(|no| no.errno);
            must(told == Some(Errno::ENXIO), "the reader is gone")?;
            tell.say("The reader ended there. The second client: ENXIO.");

            tell.step("Broken: revents == POLLIN")?;
            must(!last_message(&path, false)?, "the message stays")?;
            tell.say("revents is POLLIN|POLLHUP: the message stays inside.");
        }
        if halves.mended {
            tell.step("Mended: the reader holds a write end of its own")?;
            let (spun, second) = serve(&path, true)?;
            must(spun == 0, "the first poll waits")?;
            tell.say(format!("The first poll waited its {PATIENCE} ms."));
            must(second? == 3, "the reader is still there")?;
            tell.say("The reader stayed. The second client: 3 bytes sent.");

            tell.step("Mended: revents contains POLLIN")?;
            must(last_message(&path, true)?, "the message is read")?;
            tell.say("revents is POLLIN|POLLHUP: the message is read.");
        }
        Ok(())
    })
}

/// A reader between two clients. Answers how many polls in a row came back
/// with nothing but a hangup, and what became of the second client.
fn serve(
    path: &Path,
    mended: bool,
) -> Result<(usize, Result<usize, Refused>), Stop> {
    let reader = fifo::open(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
    // As long as this is open there is a writer, who will never write.
    let spare = || fifo::open(path, OFlag::O_WRONLY); // <-- the fix
    let _spare = mended.then(spare).transpose()?;

    client(path, "one")?;
    read(&reader, &mut [0; 64]).named("read")?;
    // The loop that takes a CPU. A poll that says nothing has waited.
    let mut spun = 0;
    while spun < POLLS && look(&reader)? == PollFlags::POLLHUP {
        spun += 1;
    }
    // 0 is the end of file, and a reader that takes it for the end leaves.
    // EAGAIN would be: nothing yet.
    let ended = read(&reader, &mut [0; 64]) == Ok(0);
    let _reader = (!ended).then_some(reader);
    Ok((spun, client(path, "two")))
}

/// Says one thing and leaves, without waiting for a reader. Answers how many
/// bytes were sent.
fn client(path: &Path, message: &str) -> Result<usize, Refused> {
    let fifo = fifo::open(path, OFlag::O_WRONLY | OFlag::O_NONBLOCK)?;
    Ok(write(&fifo, message.as_bytes()).unwrap_or(0))
}

/// Whether a message is read whose writer has left already.
fn last_message(path: &Path, mended: bool) -> Result<bool, Stop> {
    let reader = fifo::open(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
    client(path, "bye")?;
    let revents = look(&reader)?;
    let both = PollFlags::POLLIN | PollFlags::POLLHUP;
    must(revents == both, "a message and a hangup, together")?;
    // revents is a set of bits.
    let readable = if mended {
        revents.contains(PollFlags::POLLIN) // <-- the fix
    } else {
        revents == PollFlags::POLLIN
    };
    if readable {
        read(&reader, &mut [0; 64]).named("read")?;
    }
    let left = if readable { 0 } else { 3 };
    must(bytes_waiting(&reader).agrees_with(left), "it stays until read")?;
    Ok(readable)
}

/// What poll says, when there is something or its patience is over.
fn look(fifo: &File) -> Result<PollFlags, Stop> {
    let mut asked = [PollFd::new(fifo.as_fd(), PollFlags::POLLIN)];
    poll(&mut asked, PATIENCE).named("poll")?;
    Ok(asked[0].revents().unwrap_or(PollFlags::empty()))
}
