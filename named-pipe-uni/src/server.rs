//! The server of two terminals: `named-pipe-uni server [PATH]`. Clients come
//! and go, and write what they like; it stays, until it is told to end.
//!
//! It opens without waiting, and waits in poll(2): there it can wait for two
//! things at once, a message and a signal. Man pages: fifo(7), poll(2).

use std::ffi::OsStr;
use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::id;

use named_pipe_uni::fifo;
use named_pipe_uni::place::Seat;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use shared::deadline;
use shared::frame::{FrameError, FrameReader};
use shared::narrate::{Narrator, quoted};
use shared::stop::{Named, Stop};
use shared::ways_out::PathGuard;

use crate::signals::SelfPipe;

/// After so many milliseconds of silence the server says who is there.
const SILENCE: u16 = 2000;

/// A reader's open without a writer answers at once, and read says EAGAIN
/// where it would wait.
const READER: OFlag = OFlag::O_RDONLY.union(OFlag::O_NONBLOCK);

pub(crate) fn server(
    tell: &mut Narrator,
    path: Option<&OsStr>,
) -> Result<(), Stop> {
    // A server is there to wait: no deadline.
    deadline::rest();
    let signals = SelfPipe::install()?;
    let seat = match path {
        Some(_) => None,
        None => Some(Seat::take(crate::NAME)?),
    };
    let name = match (&seat, path) {
        (Some(seat), _) => seat.make("fifo")?,
        (None, path) => fifo::make(Path::new(path.unwrap_or_default()))?,
    };
    let frames = FrameReader::new(fifo::open(name.path(), READER)?);
    tell.say(format!("server {}", id()));
    tell.line(format!("FIFO {}", fifo::shown(name.path())));
    tell.say("I wait for clients. The message \"end\" or Ctrl-C ends me.");

    let mut service = Service { name, frames, count: 0 };
    let mut next = Next::Wait;
    while next != Next::End {
        let mut silence = false;
        if next == Next::Wait {
            // poll looks at both, so neither can be missed: not even a signal
            // that came a moment ago. Its byte waits in the self-pipe.
            let both = [service.frames.get_ref().as_fd(), signals.as_fd()];
            let mut asked = both.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
            match poll(&mut asked, PollTimeout::from(SILENCE)) {
                Ok(ready) => silence = ready == 0,
                // Ctrl-Z and fg end a poll, too.
                Err(Errno::EINTR) => continue,
                Err(e) => return Err(e).named("poll"),
            }
        }
        // One message at a time, so that no flood of them hides a signal.
        if let Some(signal) = signals.came()? {
            drop(service);
            tell.say(format!("{signal}: the FIFO is removed, and I leave."));
            return Err(Stop::Signal(signal));
        }
        next = service.serve(tell, silence)?;
        tell.still_heard()?;
    }
    drop(service);
    tell.say("end: the FIFO is removed, and I leave.");
    Ok(())
}

/// What follows a look at the FIFO.
#[derive(PartialEq)]
enum Next {
    /// There may be another message already.
    Look,
    /// There is none yet.
    Wait,
    /// Nothing: the server was told to end.
    End,
}

struct Service {
    name: PathGuard,
    frames: FrameReader<File>,
    /// Messages so far.
    count: usize,
}

impl Service {
    /// Takes one message, or learns why there is none.
    fn serve(
        &mut self,
        tell: &mut Narrator,
        silence: bool,
    ) -> Result<Next, Stop> {
        match self.frames.recv() {
            Ok(Some(message)) => {
                self.count += 1;
                tell.line(format!("{}: {}", self.count, quoted(message)));
                let end = message == b"end";
                return Ok(if end { Next::End } else { Next::Look });
            }
            Ok(None) if silence => self.nobody_came(tell, "nobody is there")?,
            Ok(None) => self.open_again(tell)?,
            // Nothing, but no end of file either: somebody could write.
            Err(FrameError::Io(e)) if e.kind() == ErrorKind::WouldBlock => {
                let who = match self.frames.held() {
                    0 => "a client is there".to_string(),
                    held => format!("a client is {held} bytes into a frame"),
                };
                if silence {
                    self.nobody_came(tell, &who)?;
                }
            }
            Err(e @ FrameError::Io(_)) => return Err(e).named("recv"),
            Err(wrong) => self.out_of_step(tell, &wrong)?,
        }
        Ok(Next::Wait)
    }

    /// Silence is a time to look whether anybody can come.
    fn nobody_came(&self, tell: &mut Narrator, who: &str) -> Result<(), Stop> {
        tell.say(format!("{} s of silence: {who}", SILENCE / 1000));
        fifo::still_there(&self.name)
    }

    /// After an end of file poll never waits again: this open file description
    /// has seen a writer, and now there is none. A new one has not. It is
    /// opened before the old one is closed, so that a client which comes in
    /// this moment finds a reader, and what it writes stays.
    fn open_again(&mut self, tell: &mut Narrator) -> Result<(), Stop> {
        // [eof]
        tell.say("end of file: the last client has left [eof]");
        let fresh = fifo::open(self.name.path(), READER)?;
        self.frames = FrameReader::new(fresh);
        Ok(())
    }

    /// Nothing in a stream marks where the next frame begins. So this one is
    /// given up: the name gets a new FIFO, and who still writes into the old
    /// one learns it by EPIPE. To close and open the same FIFO would not do:
    /// as long as a writer has it open it keeps its bytes for the next reader,
    /// and a writer that is slow to write again would never notice.
    fn out_of_step(
        &mut self,
        tell: &mut Narrator,
        wrong: &FrameError,
    ) -> Result<(), Stop> {
        let at = self.frames.position();
        tell.say(format!("out of step at byte {at} of the stream: {wrong}"));
        if matches!(wrong, FrameError::Truncated { .. }) {
            // An end of file: nobody is left who could go on.
            return self.open_again(tell);
        }
        let (name, fresh) = fifo::replace(&self.name, READER)?;
        // The old FIFO loses its only reader here.
        self.frames = FrameReader::new(fresh);
        self.name = name;
        tell.say("I close it, and serve a new FIFO of the same name.");
        tell.say("Who still has the old one open gets EPIPE.");
        Ok(())
    }
}
