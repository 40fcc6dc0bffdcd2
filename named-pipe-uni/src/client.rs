//! The other program: `named-pipe-uni client [PATH]`. All that it knows of the
//! server is a path. It makes no FIFO, owns none, and has nothing to clean up.
//! Man pages: fifo(7), open(2), poll(2).

use std::ffi::OsStr;
use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use named_pipe_uni::{fifo, place};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollTimeout, poll};
use nix::unistd::{getpid, getppid};
use shared::cli::Asked;
use shared::deadline;
use shared::frame::{FrameError, FrameWriter};
use shared::narrate::Narrator;
use shared::observe::hang;
use shared::picture;
use shared::stop::{Named, Stop, errno};

use crate::typed;

/// Milliseconds between two looks for a server. No call waits for a name.
const LOOK: u16 = 20;

pub(crate) fn client(
    tell: &mut Narrator,
    asked: &Asked,
    path: Option<&OsStr>,
) -> Result<(), Stop> {
    let path = match path {
        Some(path) => PathBuf::from(path),
        None => place::agreed(crate::NAME).join("fifo"),
    };
    let fifo = reach(tell, &path, asked.has("--wait"))?;
    tell.say(format!("client {}", getpid()));
    let (name, w) = (fifo::name(&path), fifo.as_raw_fd());
    tell.say(format!("open({name}, O_WRONLY|O_NONBLOCK) = {w}"));
    if tell.is_second() {
        draw_both(tell, &fifo);
    }
    let frames = FrameWriter::new(fifo);
    if asked.has("--stdin") {
        typed::lines(tell, frames)
    } else {
        pings(tell, frames)
    }
}

/// In the demo with one terminal: the server is my parent, and its open
/// returns at the same moment as mine.
fn draw_both(tell: &mut Narrator, fifo: &File) {
    let both = [(getppid(), "server"), (getpid(), "client")];
    hang::soon(|| picture::has_all(fifo, &both));
    tell.picture(fifo, &both);
}

/// Opens the FIFO, if there is a server.
fn reach(tell: &mut Narrator, path: &Path, wait: bool) -> Result<File, Stop> {
    let mut told = false;
    loop {
        // A plain open would wait for a reader, for ever if none comes. This
        // one answers at once: without a reader, ENXIO.
        match fifo::open(path, OFlag::O_WRONLY | OFlag::O_NONBLOCK) {
            Ok(fifo) => {
                // From here on write shall wait for room. The flag belongs to
                // the open file description, and nobody shares this one. (To
                // set no flag clears this one; the access mode stays.)
                let plain = FcntlArg::F_SETFL(OFlag::empty());
                fcntl(&fifo, plain).named("fcntl F_SETFL")?; // BREAK 2
                deadline::arm();
                return Ok(fifo);
            }
            Err(no) if !wait || !no.is_early() => return Err(no.into()),
            Err(_) => {}
        }
        // In the demo the server is about to open, and waits for this client:
        // it must come, whoever listens.
        if !tell.is_second() {
            if !told {
                tell.line(format!("waiting for {}", fifo::shown(path)));
                deadline::rest();
                told = true;
            }
            tell.still_heard()?;
        }
        // poll with nothing to look at is a pause.
        match poll(&mut [], PollTimeout::from(LOOK)) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(e) => return Err(e).named("poll"),
        }
    }
}

fn pings(
    tell: &mut Narrator,
    mut frames: FrameWriter<File>,
) -> Result<(), Stop> {
    // Announced, then done: in the demo, the first frame passes the turn to
    // the server.
    tell.say(format!("I send \"ping\" {} times,", crate::PINGS));
    tell.say("then \"end\", and leave");
    for _ in 0..crate::PINGS {
        send(&mut frames, b"ping")?;
    }
    send(&mut frames, b"end")
}

/// One frame. A reader that is gone is EPIPE, and SIGPIPE, which Rust ignores.
pub(crate) fn send(
    frames: &mut FrameWriter<File>,
    payload: &[u8],
) -> Result<(), Stop> {
    match frames.send(payload) {
        Err(FrameError::Io(e)) if e.kind() == ErrorKind::BrokenPipe => {
            Err(Stop::Failed(format!("send: {}: {GONE}", errno(Errno::EPIPE))))
        }
        sent => sent.named("send"),
    }
}

/// What it means that the FIFO has no reader any more.
pub(crate) const GONE: &str = "the server has closed its end; what it had not \
     read is lost when the last writer leaves";
