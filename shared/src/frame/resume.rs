//! Going on in the middle: frames on a stream that answers EAGAIN.
//!
//! With `O_NONBLOCK` a pipe that is full takes a part of a frame, or nothing,
//! and says EAGAIN ([`WouldBlock`](io::ErrorKind::WouldBlock)) instead of
//! waiting. What then? A frame that is half sent cannot be taken back, and
//! one that is not sent at all must not be counted as sent. So:
//!
//! - `send` says EAGAIN only if NOTHING of this frame was taken. Send it
//!   again when poll(2) says that there is room.
//! - Once a byte was taken, `send` says Ok. The rest is pending: `flush`, or
//!   the next `send`, goes on at the byte where the stream stopped.
//! - `recv` says EAGAIN if no whole frame has arrived. What has arrived is
//!   kept, and the next `recv` goes on at the byte where the stream stopped.

use std::io::{self, Read, Write};

use super::{FrameError, FrameReader, FrameWriter};

impl<W: Write> FrameWriter<W> {
    /// Bytes of the last frame that the stream did not take yet. As long as
    /// there are any, the far end waits for them.
    pub fn pending(&self) -> usize {
        self.frame.len() - self.sent
    }

    /// Sends what is pending, and flushes the stream below.
    ///
    /// A writer that is dropped before cannot do this any more: the far end
    /// is left with a torn frame.
    ///
    /// # Errors
    ///
    /// As [`FrameWriter::send`]. After EAGAIN, ask again when poll(2) says
    /// that there is room.
    pub fn flush(&mut self) -> Result<(), FrameError> {
        if self.torn {
            return Err(FrameError::Torn);
        }
        self.send_rest()?;
        flush(&mut self.inner)
    }

    /// What an error of the stream means for the frame that it struck.
    pub(super) fn stopped(&mut self, e: io::Error) -> FrameError {
        if self.sent == 0 {
            // Nothing was taken: the frame is the caller's again.
            self.frame.clear();
        } else if e.kind() != io::ErrorKind::WouldBlock {
            self.torn = true;
        }
        FrameError::Io(e)
    }

    /// Whether this error leaves a rest that a later call will send.
    pub(super) fn goes_on_after(&self, e: &FrameError) -> bool {
        full(e) && self.pending() > 0
    }
}

/// EAGAIN: the stream is full, and not broken.
pub(super) fn full(e: &FrameError) -> bool {
    let FrameError::Io(e) = e else { return false };
    e.kind() == io::ErrorKind::WouldBlock
}

/// Flushes the stream below.
pub(super) fn flush(inner: &mut impl Write) -> Result<(), FrameError> {
    loop {
        match inner.flush() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            answer => return answer.map_err(FrameError::Io),
        }
    }
}

impl<R: Read> FrameReader<R> {
    /// Where the next frame begins: how many bytes of the stream the frames
    /// before it took.
    pub fn position(&self) -> u64 {
        self.received - self.held() as u64
    }

    /// Bytes that arrived and were not handed out. After `recv` said EAGAIN
    /// they are the beginning of a frame.
    pub fn held(&self) -> usize {
        self.end - self.start
    }
}
