//! The server of two terminals: `named-pipe-uni server [PATH]`. Clients come
//! and go, and write what they like; it stays, until it is told to end.
//!
//! It opens without waiting, and waits in poll(2): there it can wait for two
//! things at once, a message and a signal. Man pages: fifo(7), poll(2).

use std::ffi::OsStr;
use std::io::{self, IsTerminal, stdout};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::process::id;

use named_pipe_uni::fifo;
use named_pipe_uni::place::Seat;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use shared::deadline;
use shared::frame::FrameReader;
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, io_error};

use crate::service::{Next, READER, SILENCE, Service};
use crate::signals::SelfPipe;

const POLLIN: PollFlags = PollFlags::POLLIN;
const POLLOUT: PollFlags = PollFlags::POLLOUT;

pub(crate) fn server(
    tell: &mut Narrator,
    path: Option<&OsStr>,
) -> Result<(), Stop> {
    // A server is there to wait: no deadline.
    deadline::rest();
    // The handler that every demo has may only clean up and die. This server
    // finishes its line and says a sentence first: see signals.rs.
    let (signals, out) = (SelfPipe::install()?, stdout());
    // The seat is kept to the end: it is the lock on the agreed place.
    let (_seat, name) = if let Some(path) = path {
        (None, fifo::make(Path::new(path))?)
    } else {
        let seat = Seat::take(crate::NAME)?;
        let name = seat.make("fifo")?;
        (Some(seat), name)
    };
    let frames = FrameReader::new(fifo::open(name.path(), READER)?);
    tell.say(format!("server {}", id()));
    tell.line(format!("FIFO {}", fifo::shown(name.path())));
    tell.say("I wait for clients. The message \"end\" or Ctrl-C ends me.");

    let mut service = Service::new(name, frames);
    let mut next = Next::Wait;
    while next != Next::End {
        // A message, or a signal. poll looks at both, so neither can be
        // missed: not even a signal that came a moment ago. Its byte waits in
        // the self-pipe.
        let silence = next == Next::Wait
            && !wait(
                [(service.fifo(), POLLIN), (signals.as_fd(), POLLIN)],
                PollTimeout::from(SILENCE),
            )?;
        // Room for a line, or a signal: who prints into a full pipe waits, and
        // looks at no signal meanwhile.
        wait(
            [(out.as_fd(), POLLOUT), (signals.as_fd(), POLLIN)],
            PollTimeout::NONE,
        )?;
        // One message at a time, so that no flood of them hides a signal.
        if let Some(signal) = signals.came()? {
            farewell(tell, signal, service.end())?;
            return Err(Stop::Signal(signal));
        }
        next = service.serve(tell, silence)?;
        tell.still_heard()?;
    }
    tell.say(format!("end: {}", last_word(service.end())));
    Ok(())
}

/// Waits until poll(2) has something to tell of one of them.
///
/// # Returns
///
/// Whether it has; false after so much time without.
fn wait<const N: usize>(
    asked: [(BorrowedFd<'_>, PollFlags); N],
    patience: PollTimeout,
) -> Result<bool, Stop> {
    let mut asked = asked.map(|(fd, what)| PollFd::new(fd, what));
    loop {
        match poll(&mut asked, patience) {
            Ok(ready) => return Ok(ready > 0),
            // A signal, whose byte is there now: SA_RESTART restarts no poll.
            Err(Errno::EINTR) => {}
            Err(e) => return Err(e).named("poll"),
        }
    }
}

/// A last line, if there is room for it.
fn farewell(
    tell: &mut Narrator,
    signal: Signal,
    ended: io::Result<()>,
) -> Result<(), Stop> {
    let out = stdout();
    if wait([(out.as_fd(), POLLOUT)], PollTimeout::ZERO)? {
        if signal == Signal::SIGINT && out.is_terminal() {
            // Behind the ^C that the terminal shows.
            tell.say("");
        }
        tell.say(format!("{signal}: {}", last_word(ended)));
    }
    Ok(())
}

/// What it says depends on the kernel: somebody else may have removed the name
/// by now, or forbidden it.
fn last_word(ended: io::Result<()>) -> String {
    match ended {
        Ok(()) => "the FIFO is removed, and I leave.".to_string(),
        Err(e) => format!("removing the FIFO: {}. I leave.", io_error(&e)),
    }
}
