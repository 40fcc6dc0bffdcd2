//! Ping-pong across two terminals: `named-pipe-bidi server [PATH]` in one, and
//! `named-pipe-bidi client [PATH]` in the other. Both play the same game with
//! one FIFO as with two (`--two-fifos`): `terminals/ping.rs` is the client's
//! part, `terminals/pong.rs` the server's. The difference is in what each side
//! opens: the server here, the client in `terminals/client.rs`.
//! Man pages: fifo(7), open(2).

use std::ffi::OsString;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::id;

use named_pipe_uni::fifo;
use named_pipe_uni::place::{self, Seat};
use nix::fcntl::OFlag;
use shared::cli::Asked;
use shared::deadline;
use shared::narrate::Narrator;
use shared::stop::{Named, Stop};
use shared::ways_out::PathGuard;

mod client;
mod ping;
mod pong;
mod words;

pub(crate) use client::client;

const TWO: &str = "--two-fifos";

/// For one FIFO. `O_RDWR` waits for nobody. `O_NONBLOCK` is for read: it must
/// not wait for a message that the other side has just taken.
const BOTH: OFlag = OFlag::O_RDWR.union(OFlag::O_NONBLOCK);

/// Makes the FIFO, or both, and removes them on every way out. Ctrl-C and
/// SIGTERM end it the plain way: the handler of `cli::run_asked` removes the
/// names and raises the signal again. A program that has a last word to say
/// waits for a signal as for bytes: see named-pipe-uni's `src/signals.rs`.
pub(crate) fn server(tell: &mut Narrator, asked: &Asked) -> Result<(), Stop> {
    // A server is there to wait: no deadline.
    deadline::rest();
    let seat = match asked.words.get(1) {
        Some(_) => None,
        None => Some(Seat::take(crate::NAME)?),
    };
    let path = path_of(asked);
    let back = back_of(&path);
    // A client goes by PATH, so that is made last, and removed first.
    let second = if asked.has(TWO) {
        Some(make(seat.as_ref(), &back)?)
    } else {
        no_second(seat.as_ref(), &back)?;
        None
    };
    let first = make(seat.as_ref(), &path)?;
    tell.say(format!("server {}", id()));
    tell.line(format!("FIFO {}", fifo::shown(first.path())));

    if let Some(second) = &second {
        tell.line(format!("FIFO {}", fifo::shown(second.path())));
        tell.say("I wait in open for a client [open]");
        tell.still_heard()?;
        // Both sides open PATH first. If one began with PATH.back, and waited
        // there, each would wait for what the other one does next, for ever.
        // [open]
        let pings = fifo::open(first.path(), OFlag::O_RDONLY)?;
        let replies = fifo::open(second.path(), OFlag::O_WRONLY)?;
        tell.say("open returned, twice: a client has come");
        return pong::answer(tell, &pings, &replies);
    }
    let both = fifo::open(first.path(), BOTH)?;
    let (name, fd) = (fifo::name(&path), both.as_raw_fd());
    tell.say(format!("open({name}, O_RDWR|O_NONBLOCK) = {fd}"));
    tell.say("open did not wait. I wait for pings");
    tell.still_heard()?;
    pong::answer(tell, &both, &both)
}

/// At the agreed place a FIFO that is there already is a dead server's, and
/// taken over. At a path that the user gave it is refused.
fn make(seat: Option<&Seat>, path: &Path) -> Result<PathGuard, Stop> {
    match seat {
        Some(seat) => seat.make(&fifo::name(path)),
        None => Ok(fifo::make(path)?),
    }
}

/// With one FIFO there must be no second one beside it, or a client would
/// take this for a game with two.
fn no_second(seat: Option<&Seat>, back: &Path) -> Result<(), Stop> {
    if let Some(seat) = seat {
        return seat.make(&fifo::name(back)).map(drop);
    }
    let lstat = format!("lstat {}", fifo::shown(back));
    if fifo::is_mine(back).named(lstat)? {
        return Err(Stop::Failed(format!(
            "{}: a second FIFO, as for {TWO}: if no program uses it any \
             more, remove it",
            fifo::shown(back)
        )));
    }
    Ok(())
}

/// The FIFO's path: the one that is given, or the one that is agreed on.
fn path_of(asked: &Asked) -> PathBuf {
    match asked.words.get(1) {
        Some(path) => PathBuf::from(path),
        None => place::agreed(crate::NAME).join("fifo"),
    }
}

/// The name of the second FIFO. An empty path has none beside it: ".back" is
/// a name that nobody gave.
fn back_of(path: &Path) -> PathBuf {
    let mut back = OsString::from(path);
    if !back.is_empty() {
        back.push(".back");
    }
    PathBuf::from(back)
}
