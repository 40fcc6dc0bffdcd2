//! What the server does with its FIFO: takes a message, notices an end of
//! file, and gives up a stream that is out of step. Man pages: fifo(7),
//! read(2), rename(2).

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};

use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use shared::frame::{FrameError, FrameReader};
use shared::narrate::{Narrator, quoted};
use shared::stop::{Named, Stop};
use shared::ways_out::PathGuard;

/// After so many milliseconds of silence the server says who is there.
pub(crate) const SILENCE: u16 = 2000;

/// A reader's open without a writer answers at once, and read says EAGAIN
/// where it would wait.
pub(crate) const READER: OFlag = OFlag::O_RDONLY.union(OFlag::O_NONBLOCK);

/// What follows a look at the FIFO.
#[derive(PartialEq)]
pub(crate) enum Next {
    /// Another look. The reader reads ahead: the next message may lie in its
    /// buffer already, where poll does not see it.
    Look,
    /// poll: there is nothing yet.
    Wait,
    /// Nothing: the server was told to end.
    End,
}

pub(crate) struct Service {
    name: PathGuard,
    frames: FrameReader<File>,
    /// Messages so far.
    count: usize,
}

impl Service {
    pub(crate) fn new(name: PathGuard, frames: FrameReader<File>) -> Self {
        Self { name, frames, count: 0 }
    }

    /// Removes the FIFO's name, then closes it: nobody comes to a reader that
    /// is about to go.
    pub(crate) fn end(self) -> io::Result<()> {
        self.name.remove()
    }

    /// What is to be waited on.
    pub(crate) fn fifo(&self) -> BorrowedFd<'_> {
        self.frames.get_ref().as_fd()
    }

    /// Takes one message, or learns why there is none.
    pub(crate) fn serve(
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
            // read says end of file in two cases. If nobody has come since the
            // open, poll has waited all the same. If the last writer has left,
            // poll returns at once.
            Ok(None) if silence => self.silent(tell, "nobody is there")?,
            Ok(None) => self.open_again(tell)?,
            // Nothing, but no end of file either: somebody could write.
            Err(FrameError::Io(e)) if e.kind() == ErrorKind::WouldBlock => {
                let held = self.frames.held();
                if silence && held == 0 {
                    self.silent(tell, "a client is there")?;
                } else if silence {
                    let inside = "a client is inside a frame";
                    self.silent(
                        tell,
                        &format!("{inside}, {held} bytes of it are here"),
                    )?;
                }
            }
            Err(e @ FrameError::Io(_)) => return Err(e).named("recv"),
            Err(wrong) => self.out_of_step(tell, &wrong)?,
        }
        Ok(Next::Wait)
    }

    /// A silence is the moment to look whether the name still leads here:
    /// nobody can come to a name that is gone.
    fn silent(&self, tell: &mut Narrator, who: &str) -> Result<(), Stop> {
        tell.say(format!("{} s of silence: {who}", SILENCE / 1000));
        fifo::still_there(&self.name)
    }

    /// After an end of file poll does not wait any more: this open file
    /// description has seen a writer, and now there is none. A fresh one has
    /// seen none yet, so poll waits on it. It is opened before the old one is
    /// closed: a client that comes in this moment finds a reader, and what it
    /// writes stays. If it leaves in the same moment without having written,
    /// nobody learns that it was there.
    ///
    /// A write end of its own would stop the spinning, too (see the example
    /// `eof_spin`). But then there would be no end of file, and the server
    /// could not tell that the last client has left, nor notice a torn frame.
    fn open_again(&mut self, tell: &mut Narrator) -> Result<(), Stop> {
        // [eof]
        tell.say("end of file: the last client has left [eof]");
        // By name, so the name has to lead here before and after.
        fifo::still_there(&self.name)?;
        let fresh = fifo::open(self.name.path(), READER)?;
        fifo::still_there(&self.name)?;
        self.frames = FrameReader::new(fresh);
        Ok(())
    }

    /// Nothing in a stream marks where the next frame begins. So this one is
    /// given up: the name gets a new FIFO, and who still writes into the old
    /// one learns it by EPIPE. To close and open the same FIFO would not do:
    /// as long as a writer has the FIFO open, its bytes wait for the next
    /// reader, and a writer that is slow to write again would never notice.
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
        // The old guard removes nothing: the name leads to another FIFO now.
        self.name = name;
        tell.say("I close it, and serve a new FIFO of the same name.");
        tell.say("Who still has the old one open gets EPIPE.");
        Ok(())
    }
}
