//! Sending: one frame, one `write`.

use std::io::{self, Write};

use super::{DEFAULT_LIMIT, FrameError, HEADER};

/// Sends payloads as frames.
#[derive(Debug)]
pub struct FrameWriter<W> {
    pub(super) inner: W,
    pub(super) limit: usize,
    /// One frame, header and payload, so that one `write` can take it whole.
    pub(super) frame: Vec<u8>,
    /// How much of it the stream has taken.
    pub(super) sent: usize,
    /// An error struck inside a frame: the far end waits for its rest.
    pub(super) torn: bool,
}

impl<W: Write> FrameWriter<W> {
    /// A writer with the limit [`DEFAULT_LIMIT`].
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            limit: DEFAULT_LIMIT,
            frame: Vec::new(),
            sent: 0,
            torn: false,
        }
    }

    /// What the frames go through. Only to be looked at: a byte that is
    /// written past this writer tears its frames.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// Refuses payloads longer than `bytes`. No frame holds more than
    /// `u32::MAX` bytes, whatever the limit.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes.min(u32::MAX as usize);
        self
    }

    /// Sends one frame, which may be empty, and does not flush `inner`.
    ///
    /// Header and payload go out in ONE `write`. Up to `PIPE_BUF` bytes
    /// (payload and [`HEADER`](super::HEADER) together) the kernel takes that
    /// write whole or waits, so several writers can share a pipe: see
    /// "`PIPE_BUF`" in pipe(7). Two writes, or a longer frame, can be torn
    /// apart by another writer's bytes.
    ///
    /// # Errors
    ///
    /// [`FrameError::TooLarge`] before anything is copied or sent;
    /// [`FrameError::Io`] as write(2) "ERRORS" lists, except EINTR, which is
    /// retried; [`FrameError::Torn`] ever after an error inside a frame. What
    /// EAGAIN means is told in resume.rs, at [`FrameWriter::flush`].
    pub fn send(&mut self, payload: &[u8]) -> Result<(), FrameError> {
        if self.torn {
            return Err(FrameError::Torn);
        }
        let header = header(payload, self.limit)?;
        // Only on a nonblocking stream can an earlier frame lack its end.
        self.send_rest()?;
        self.frame.clear();
        self.frame.extend_from_slice(&header);
        self.frame.extend_from_slice(payload);
        self.sent = 0;
        match self.send_rest() {
            // The stream is full, and has a part of this frame: it counts as
            // sent, and its rest is pending. See resume.rs.
            Err(e) if self.goes_on_after(&e) => Ok(()),
            answer => answer,
        }
    }

    /// A pipe with room for a part may take that part. The loop sends the
    /// rest: forgetting it is a classic.
    pub(super) fn send_rest(&mut self) -> Result<(), FrameError> {
        while self.sent < self.frame.len() {
            let answer = match self.inner.write(&self.frame[self.sent..]) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                answer => answer,
            };
            match answer {
                Ok(count) => self.sent += count,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.stopped(e)),
            }
        }
        Ok(())
    }
}

/// The four bytes that stand in front of this payload.
pub(super) fn header(
    payload: &[u8],
    limit: usize,
) -> Result<[u8; HEADER], FrameError> {
    let length = payload.len();
    match u32::try_from(length) {
        Ok(claim) if length <= limit => Ok(claim.to_le_bytes()),
        _ => Err(FrameError::TooLarge { length, limit }),
    }
}
