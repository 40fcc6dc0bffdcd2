//! What the client opens. It makes no FIFO, owns none, and has nothing to
//! clean up. Man pages: fifo(7), open(2).

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::id;

use named_pipe_uni::fifo;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use shared::cli::Asked;
use shared::frame::FrameWriter;
use shared::narrate::Narrator;
use shared::stop::{Named, Stop};

use super::ping::Tally;
use super::words::{self, Ear};
use super::{BOTH, TWO, back_of, path_of};

/// Plays the game, and says what became of each ping.
pub(crate) fn client(tell: &mut Narrator, asked: &Asked) -> Result<(), Stop> {
    let path = path_of(asked);
    let back = back_of(&path);
    // Looked at before anything is opened: a server may wait in open for a
    // client that plays as it does.
    let two = asked.has(TWO);
    let beside = || {
        let lstat = format!("lstat {}", fifo::shown(&back));
        fifo::is_mine(&back).named(lstat)
    };
    // What is wrong with PATH itself, open tells.
    if fifo::is_mine(&path).unwrap_or(false) && beside()? != two {
        return Err(Stop::Failed(format!(
            "{}: its server plays with {}: say {TWO} on both sides, or on none",
            fifo::shown(&path),
            if two { "one FIFO" } else { "two FIFOs" },
        )));
    }
    tell.say(format!("client {}", id()));
    let mut tally = Tally::default();
    let played = if two {
        with_two(tell, &mut tally, &path, &back)
    } else {
        with_one(tell, &mut tally, &path)
    };
    // What was seen before a server left was seen.
    if tally.sent > 0 {
        tally.report(tell);
    }
    played
}

/// With one FIFO nobody tells the client that its server is gone: it holds
/// both ends, and goes on to hear itself. So in doubt it lets go, and asks.
fn with_one(
    tell: &mut Narrator,
    tally: &mut Tally,
    path: &Path,
) -> Result<(), Stop> {
    loop {
        drop(is_anybody_there(tell, path)?);
        let both = fifo::open(path, BOTH)?;
        if tally.is_over() {
            // The server learns of the end by a word, or not at all. A client
            // that read after this could take it back.
            tell.say("send \"end\"");
            words::say(&mut FrameWriter::new(&both), "end")?;
            return Ok(());
        }
        tally.play(tell, &both, Ear::new(&both))?;
        tell.say("I let go, and ask whether a server is there:");
    }
}

/// With two, no word is needed for the end: the last close says it.
fn with_two(
    tell: &mut Narrator,
    tally: &mut Tally,
    path: &Path,
    back: &Path,
) -> Result<(), Stop> {
    let pings = is_anybody_there(tell, path)?;
    // From here on write shall wait for room.
    fcntl(&pings, FcntlArg::F_SETFL(OFlag::empty())).named("fcntl F_SETFL")?;
    // The server's order: PATH, then PATH.back. It is on its way there, and
    // can die on it: an open that waited for a writer would wait for ever.
    // This one does not wait. The ear will, for both FIFOs at once.
    let replies = fifo::open(back, OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
    let (name, fd) = (fifo::name(back), replies.as_raw_fd());
    tell.say(format!("open({name}, O_RDONLY|O_NONBLOCK) = {fd}"));
    tell.still_heard()?;
    while !tally.is_over() {
        tally.play(tell, &pings, Ear::for_answers(&replies, &pings))?;
    }
    Ok(())
}

/// `O_RDWR` is no question, and always succeeds: whoever opens a FIFO so is
/// its reader and its writer, waits for nobody and misses nobody. `O_WRONLY`
/// with `O_NONBLOCK` asks: without a reader the answer is ENXIO.
fn is_anybody_there(tell: &mut Narrator, path: &Path) -> Result<File, Stop> {
    let asking = fifo::open(path, OFlag::O_WRONLY | OFlag::O_NONBLOCK)?;
    let (name, fd) = (fifo::name(path), asking.as_raw_fd());
    tell.say(format!("open({name}, O_WRONLY|O_NONBLOCK) = {fd}"));
    tell.still_heard()?;
    Ok(asking)
}
