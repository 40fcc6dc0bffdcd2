//! Receiving: whole frames, however the bytes arrive.

use std::io::{self, Read};

use super::{DEFAULT_LIMIT, FrameError, HEADER};

/// What the first `read` may bring. The buffer doubles only when it is full
/// of bytes that did arrive: a header's claim never makes it grow.
const FIRST_BUFFER: usize = 8 * 1024;

/// Receives frames.
///
/// It reads ahead: bytes it holds are gone from the pipe. Do not read from
/// `inner` by other means while a `FrameReader` is at work.
#[derive(Debug)]
pub struct FrameReader<R> {
    inner: R,
    limit: usize,
    buffer: Vec<u8>,
    /// `buffer[start..end]` arrived and was not handed out yet.
    pub(super) start: usize,
    pub(super) end: usize,
    /// All the bytes that the stream brought.
    pub(super) received: u64,
    /// The stream ended inside a frame.
    truncated: bool,
}

impl<R: Read> FrameReader<R> {
    /// A reader with the limit [`DEFAULT_LIMIT`].
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            limit: DEFAULT_LIMIT,
            buffer: vec![0; FIRST_BUFFER],
            start: 0,
            end: 0,
            received: 0,
            truncated: false,
        }
    }

    /// What the frames go through. Only to be looked at: a byte that is
    /// read past this reader is missing from its frames.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// Refuses frames whose header claims more than `bytes`.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Asks the stream for up to `bytes` at once, instead of 8 KiB. Frames
    /// are handed out where they lie, so a larger buffer is fewer calls and
    /// no more copies.
    #[must_use]
    pub fn with_buffer(mut self, bytes: usize) -> Self {
        self.buffer.resize(bytes.max(self.end).max(HEADER), 0);
        self
    }

    /// Receives the next frame's payload, which may be empty. It is lent from
    /// the reader's own buffer until the next call.
    ///
    /// `Ok(None)` is an end of file between two frames, and not for ever: the
    /// next writer of a FIFO may bring more, so asking again is allowed.
    ///
    /// # Errors
    ///
    /// [`FrameError::Truncated`] for an end of file inside a frame, and
    /// [`FrameError::TooLarge`]: the reader is out of step for good, and every
    /// later call says the same. [`FrameError::Io`] as read(2)
    /// "ERRORS" lists, except EINTR, which is retried, and where there is no
    /// memory for what comes; what had arrived is kept for the next call, so
    /// EAGAIN loses nothing.
    #[inline]
    pub fn recv(&mut self) -> Result<Option<&[u8]>, FrameError> {
        let length = match self.held_frame() {
            Some(length) => length,
            None => match self.fetch()? {
                Some(length) => length,
                None => return Ok(None),
            },
        };
        let payload = self.start + HEADER;
        self.start = payload + length;
        Ok(Some(&self.buffer[payload..self.start]))
    }

    /// How long the payload of the next frame is, if all of it is here.
    fn held_frame(&self) -> Option<usize> {
        let held = &self.buffer[self.start..self.end];
        let (header, rest) = held.split_first_chunk()?;
        let length = u32::from_le_bytes(*header) as usize;
        (length <= self.limit && length <= rest.len()).then_some(length)
    }

    /// Reads until a whole frame is here, and says how long its payload is;
    /// none at an end of file between two frames. Small frames arrive by the
    /// hundred in one `read`, so this is the rare way.
    #[cold]
    fn fetch(&mut self) -> Result<Option<usize>, FrameError> {
        loop {
            let held = &self.buffer[self.start..self.end];
            // The first four bytes, if there are as many.
            let needed = match held.first_chunk() {
                None => HEADER,
                Some(header) => {
                    let length = u32::from_le_bytes(*header) as usize;
                    if length > self.limit {
                        let limit = self.limit;
                        return Err(FrameError::TooLarge { length, limit });
                    }
                    HEADER.saturating_add(length)
                }
            };
            // An end of file is clean only if not one byte of a frame is
            // held: four bytes of header that promise a payload are a torn
            // frame too. What came to an end stays there.
            let between_frames = held.is_empty();
            let missing = needed - held.len();
            if self.truncated || self.fill()? == 0 {
                self.truncated = !between_frames;
                if between_frames {
                    return Ok(None);
                }
                return Err(FrameError::Truncated { missing });
            }
            if let Some(length) = self.held_frame() {
                return Ok(Some(length));
            }
        }
    }

    /// One `read` into the free part of the buffer; 0 is an end of file.
    fn fill(&mut self) -> Result<usize, FrameError> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            // Others decide how much comes. That there is no memory for it is
            // an error like any other: resize alone would abort the program.
            let more = self.buffer.try_reserve(self.end);
            more.map_err(|e| FrameError::Io(e.into()))?;
            self.buffer.resize(self.end.saturating_mul(2), 0); // BREAK 1
        }
        loop {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    self.received += count as u64;
                    return Ok(count);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(FrameError::Io(e)),
            }
        }
    }
}
