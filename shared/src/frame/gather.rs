//! Gathering: many payloads, one `writev`, and not one copy.
//!
//! A frame that is put together is copied once more than it has to be. With
//! writev(2) the kernel collects the pieces from where they lie: a header, a
//! payload, the next header, and so on. From a few kilobytes up that is
//! faster than a batch; for small payloads the list of pieces costs more than
//! the copy.

use std::io::{self, IoSlice, Write};

use super::resume::full;
use super::writer::header;
use super::{FrameError, FrameWriter, HEADER};

/// How many frames one `writev` takes, two pieces each. Linux, macOS and the
/// BSDs allow 1024 pieces a call: `IOV_MAX`, see writev(2).
const AT_ONCE: usize = 64;

impl<W: Write> FrameWriter<W> {
    /// Sends a frame for each payload, and says how many: all of them, unless
    /// a nonblocking stream was full before the last. As with
    /// [`send`](Self::send), a frame that has begun counts, and what it lacks
    /// is [`pending`](Self::pending).
    ///
    /// The frames go out together, so this is for a pipe with one writer: see
    /// [`send`](Self::send) on `PIPE_BUF`.
    ///
    /// # Errors
    ///
    /// [`FrameError::TooLarge`] before anything is sent; else as
    /// [`send`](Self::send). After EAGAIN nothing of these was taken. After
    /// another error nobody knows how many were.
    pub fn send_all(
        &mut self,
        payloads: &[&[u8]],
    ) -> Result<usize, FrameError> {
        if self.torn {
            return Err(FrameError::Torn);
        }
        for payload in payloads {
            header(payload, self.limit)?;
        }
        self.send_rest()?;
        self.frame.clear();
        self.sent = 0;
        let mut sent = 0;
        for group in payloads.chunks(AT_ONCE) {
            let (count, error) = self.send_group(group)?;
            sent += count;
            if let Some(e) = error {
                let e = self.stopped(e);
                return if sent > 0 && full(&e) { Ok(sent) } else { Err(e) };
            }
        }
        Ok(sent)
    }

    /// How many frames of at most `AT_ONCE` were sent or have begun, and what
    /// stopped the others.
    fn send_group(
        &mut self,
        group: &[&[u8]],
    ) -> Result<(usize, Option<io::Error>), FrameError> {
        let mut headers = [[0; HEADER]; AT_ONCE];
        let mut pieces = [IoSlice::new(&[]); 2 * AT_ONCE];
        for (place, payload) in headers.iter_mut().zip(group) {
            *place = header(payload, self.limit)?;
        }
        for (i, payload) in group.iter().enumerate() {
            pieces[2 * i] = IoSlice::new(&headers[i]);
            pieces[2 * i + 1] = IoSlice::new(payload);
        }
        let mut rest = &mut pieces[..2 * group.len()];
        while !rest.is_empty() {
            match write_some(&mut self.inner, rest) {
                Ok(count) => IoSlice::advance_slices(&mut rest, count),
                Err(e) => {
                    // Two pieces a frame, and of the first that is not
                    // through perhaps the payload alone.
                    let at = group.len() - rest.len().div_ceil(2);
                    let of_it = 2 - rest.len() % 2;
                    let lacks = rest[..of_it].iter().map(|p| p.len()).sum();
                    let begun = self.keep(headers[at], group[at], lacks);
                    return Ok((at + usize::from(begun), Some(e)));
                }
            }
        }
        Ok((group.len(), None))
    }

    /// A frame that lacks its last bytes waits as if `send` had begun it.
    fn keep(
        &mut self,
        header: [u8; HEADER],
        payload: &[u8],
        lacks: usize,
    ) -> bool {
        let begun = lacks < HEADER + payload.len();
        if begun {
            self.frame.extend_from_slice(&header);
            self.frame.extend_from_slice(payload);
            self.sent = self.frame.len() - lacks;
        }
        begun
    }
}

/// One `writev` of these pieces, which are not all empty: how many bytes the
/// stream took, at least one.
pub(super) fn write_some(
    inner: &mut impl Write,
    pieces: &[IoSlice<'_>],
) -> io::Result<usize> {
    loop {
        match inner.write_vectored(pieces) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            answer => return answer,
        }
    }
}
