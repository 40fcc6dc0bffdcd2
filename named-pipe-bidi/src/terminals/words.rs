//! What the players of two terminals say and hear: one message a frame. A
//! FIFO can bring anything, from anybody who may open it.
//! Man pages: read(2), poll(2), write(2).

use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use shared::frame::{FrameError, FrameReader, FrameWriter};
use shared::narrate::quoted;
use shared::stop::{Named, Stop, uninterrupted};

/// No message of this game is longer, in bytes.
const LIMIT: usize = 64;

/// What came, up to a moment.
pub(crate) enum Heard {
    Message(Vec<u8>),
    /// Nothing came in time.
    Silence,
    /// The end of file: nobody is left who could say anything.
    End,
}

/// The listening side of a FIFO.
pub(crate) struct Ear<'a> {
    frames: FrameReader<&'a File>,
    /// The FIFO for the other direction, if nothing else tells that nobody
    /// is there.
    other: Option<&'a File>,
}

impl<'a> Ear<'a> {
    pub(crate) fn new(fifo: &'a File) -> Self {
        let frames = FrameReader::new(fifo).with_limit(LIMIT);
        Self { frames, other: None }
    }

    /// An ear for one who speaks first, into the FIFO `other`, and does not
    /// know yet whether anybody will open this one to answer.
    pub(crate) fn for_answers(fifo: &'a File, other: &'a File) -> Self {
        Self { other: Some(other), ..Self::new(fifo) }
    }

    /// The next message. A server with two FIFOs waits in read, as long as it
    /// takes: an end of file will end it. With one FIFO read does not wait,
    /// since poll can say "come" to both sides for a message that only one of
    /// them gets; poll waits, up to the moment `until`.
    pub(crate) fn hear(&mut self, until: Instant) -> Result<Heard, Stop> {
        // What was read ahead poll does not see.
        if let Some(other) = self.other.filter(|_| self.frames.held() == 0) {
            self.answer_or_end(other)?;
        }
        loop {
            match self.frames.recv() {
                Ok(Some(message)) => {
                    return Ok(Heard::Message(message.to_vec()));
                }
                Ok(None) => return Ok(Heard::End),
                Err(FrameError::Io(e)) if e.kind() == ErrorKind::WouldBlock => {
                }
                Err(e @ FrameError::Io(_)) => return Err(e).named("recv"),
                Err(wrong) => return Err(stray(&wrong.to_string())),
            }
            let left = until.saturating_duration_since(Instant::now());
            let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            let fifo = self.frames.get_ref().as_fd();
            match poll(&mut [PollFd::new(fifo, PollFlags::POLLIN)], left) {
                Ok(0) => break,
                // A handled signal ends a poll, even with SA_RESTART.
                Ok(_) | Err(Errno::EINTR) => {}
                Err(e) => return Err(e).named("poll"),
            }
        }
        // The players send a frame in one write, which arrives whole.
        match self.frames.held() {
            0 => Ok(Heard::Silence),
            held => Err(stray(&format!("{held} bytes, and no whole frame"))),
        }
    }

    /// Waits as long as it takes for an answer, or for the end. Before anybody
    /// has opened this FIFO for writing, read would say end of file, and poll
    /// waits; afterwards the last close wakes it. Should that somebody never
    /// come, the other FIFO has lost its reader: POLLERR, which poll reports
    /// unasked.
    fn answer_or_end(&self, other: &File) -> Result<(), Stop> {
        let fifo = self.frames.get_ref().as_fd();
        let mut asked = [
            PollFd::new(fifo, PollFlags::POLLIN),
            PollFd::new(other.as_fd(), PollFlags::empty()),
        ];
        uninterrupted(|| poll(&mut asked, PollTimeout::NONE)).named("poll")?;
        Ok(())
    }
}

/// Sends one message.
///
/// # Returns
///
/// Whether anybody can hear it: without a reader, write says EPIPE. SIGPIPE,
/// which comes with it, Rust ignores.
pub(crate) fn say(
    frames: &mut FrameWriter<&File>,
    message: &str,
) -> Result<bool, Stop> {
    match frames.send(message.as_bytes()) {
        Err(FrameError::Io(e)) if e.kind() == ErrorKind::BrokenPipe => {
            Ok(false)
        }
        sent => sent.named("send").map(|()| true),
    }
}

/// The number in `ping 7`, if `word` is "ping".
pub(crate) fn number(message: &[u8], word: &str) -> Option<u32> {
    let text = str::from_utf8(message).ok()?;
    text.strip_prefix(word)?.strip_prefix(' ')?.parse().ok()
}

/// For a message that no player sends.
pub(crate) fn unknown(message: &[u8]) -> Stop {
    stray(&quoted(message))
}

fn stray(what: &str) -> Stop {
    let why = "not of this game: another program writes into the FIFO";
    Stop::Failed(format!("recv: {what}: {why}"))
}
