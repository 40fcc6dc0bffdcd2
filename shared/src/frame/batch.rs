//! Batching: many small frames, one `write`.
//!
//! A `write` and a `read` cost the same whether they carry 20 bytes or 200:
//! with small frames the calls are nearly all of the work. So gather frames,
//! and hand over as many bytes at once as the pipe can take.
//!
//! Nothing is free. A frame waits in the batch until the batch is full or
//! somebody calls `flush`, so whoever expects an answer flushes first. And a
//! batch is longer than `PIPE_BUF`: it is for a pipe with ONE writer.

use std::io::{IoSlice, Write};

use super::gather::write_some;
use super::writer::header;
use super::{DEFAULT_LIMIT, FrameError, FrameWriter, HEADER};

impl<W: Write> FrameWriter<W> {
    /// A writer that gathers up to `capacity` bytes of frames before it
    /// writes, with the limit [`DEFAULT_LIMIT`].
    ///
    /// Twice what the pipe holds is a good measure: 128 KiB for a pipe of
    /// 64 KiB. `cargo bench -p proofs` shows what a batch buys.
    pub fn batched(inner: W, capacity: usize) -> BatchedWriter<W> {
        let batch = Vec::with_capacity(capacity);
        let limit = DEFAULT_LIMIT;
        BatchedWriter { inner, limit, capacity, batch, taken: 0 }
    }
}

/// Sends payloads as frames, many in one `write`: see
/// [`FrameWriter::batched`].
///
/// An error tears nothing. What the stream did not take is kept, and the next
/// `send` or `flush` goes on at the byte where the stream stopped.
///
/// Call [`flush`](Self::flush) before the end. Dropping flushes too, but has
/// no way to say that it failed, and then the rest is lost.
#[derive(Debug)]
pub struct BatchedWriter<W: Write> {
    inner: W,
    limit: usize,
    capacity: usize,
    /// Whole frames; the stream took the first `taken` bytes.
    batch: Vec<u8>,
    taken: usize,
}

impl<W: Write> BatchedWriter<W> {
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

    /// Bytes of frames that the stream did not take yet.
    pub fn pending(&self) -> usize {
        self.batch.len() - self.taken
    }

    /// Puts one frame, which may be empty, behind those that wait, and hands
    /// those over first if there is no room for it.
    ///
    /// # Errors
    ///
    /// [`FrameError::TooLarge`], and [`FrameError::Io`] as write(2) "ERRORS"
    /// lists, except EINTR, which is retried. After either, nothing of THIS
    /// frame was taken, and all that was sent before is kept: after EAGAIN,
    /// send it again when poll(2) says that there is room.
    #[inline]
    pub fn send(&mut self, payload: &[u8]) -> Result<(), FrameError> {
        let header = header(payload, self.limit)?;
        let whole = HEADER.saturating_add(payload.len());
        if whole > self.capacity.saturating_sub(self.batch.len()) {
            self.hand_over()?;
            if whole > self.capacity {
                return self.send_past_the_batch(header, payload);
            }
        }
        self.batch.extend_from_slice(&header);
        self.batch.extend_from_slice(payload);
        Ok(())
    }

    /// Hands over all frames that wait, and flushes the stream below.
    ///
    /// # Errors
    ///
    /// [`FrameError::Io`], as [`send`](Self::send). What the stream did not
    /// take is kept.
    pub fn flush(&mut self) -> Result<(), FrameError> {
        self.hand_over()?;
        super::resume::flush(&mut self.inner)
    }

    /// The rare way, once in a batch. Telling the compiler so keeps the other
    /// way, which is taken for each frame, short enough to stand in the
    /// caller's loop.
    #[cold]
    fn hand_over(&mut self) -> Result<(), FrameError> {
        while self.taken < self.batch.len() {
            let rest = IoSlice::new(&self.batch[self.taken..]);
            let count = write_some(&mut self.inner, &[rest]);
            self.taken += count.map_err(FrameError::Io)?;
        }
        self.batch.clear();
        self.taken = 0;
        Ok(())
    }

    /// A frame that fits into no batch is not copied into one: header and
    /// payload go out from where they lie. The batch is empty now.
    fn send_past_the_batch(
        &mut self,
        header: [u8; HEADER],
        payload: &[u8],
    ) -> Result<(), FrameError> {
        let mut pieces = [IoSlice::new(&header), IoSlice::new(payload)];
        let mut rest = &mut pieces[..];
        let mut taken = 0;
        while !rest.is_empty() {
            match write_some(&mut self.inner, rest) {
                Ok(count) => {
                    taken += count;
                    IoSlice::advance_slices(&mut rest, count);
                }
                Err(e) if taken == 0 => return Err(FrameError::Io(e)),
                // It has begun, so it counts as sent, and its rest waits. An
                // error that lasts is told by the next call.
                Err(_) => {
                    for piece in rest.iter() {
                        self.batch.extend_from_slice(piece);
                    }
                    break;
                }
            }
        }
        Ok(())
    }
}

impl<W: Write> Drop for BatchedWriter<W> {
    fn drop(&mut self) {
        // There is nobody to tell of an error: hence `flush`.
        let _ = self.flush();
    }
}
