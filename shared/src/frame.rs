//! Messages over a byte stream.
//!
//! A pipe keeps bytes in order and forgets where one `write` ended and the
//! next began. A frame puts the border back: the length of the payload as
//! four bytes, little-endian, then the payload.
//!
//! ```text
//! 04 00 00 00 70 69 6e 67
//! ─────┬───── ─────┬─────
//!  length 4     "ping"
//! ```
//!
//! The same bytes go over a pipe, a FIFO, a socket or into a file:
//!
//! ```
//! use shared::frame::{FrameReader, FrameWriter};
//!
//! let mut bytes = Vec::new();
//! FrameWriter::new(&mut bytes).send(b"ping")?;
//! assert_eq!(bytes, b"\x04\0\0\0ping");
//!
//! let mut reader = FrameReader::new(&bytes[..]);
//! assert_eq!(reader.recv()?, Some(&b"ping"[..]));
//! assert_eq!(reader.recv()?, None);
//! # Ok::<(), shared::frame::FrameError>(())
//! ```
//!
//! The files, in the order in which to read them: writer.rs and reader.rs,
//! one frame after another on a stream that waits; resume.rs, on a stream
//! that says EAGAIN instead; and two ways to be fast with one writer:
//! batch.rs, many small frames in one `write`, and gather.rs, large payloads
//! without a copy.
#![forbid(unsafe_code)]

mod batch;
mod gather;
mod reader;
mod resume;
mod writer;

pub use batch::BatchedWriter;
pub use reader::FrameReader;
pub use writer::FrameWriter;

use std::{error, fmt, io};

/// The bytes a length takes in front of its payload.
pub const HEADER: usize = 4;

/// The longest payload, in bytes, that is sent or accepted unless
/// `with_limit` says otherwise: 1 MiB.
pub const DEFAULT_LIMIT: usize = 1 << 20;

/// Why a frame could not be sent or received.
#[derive(Debug)]
pub enum FrameError {
    /// The stream below failed.
    Io(io::Error),
    /// The stream ended inside a frame.
    Truncated {
        /// Bytes that the frame still lacked: of the header, as long as that
        /// was incomplete, else of the payload.
        missing: usize,
    },
    /// The payload is longer than the limit.
    TooLarge {
        /// Bytes to send, or bytes that the received header claims.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// An earlier `send` failed after part of its frame was taken. Whatever
    /// came now would be read as the rest of that frame.
    Torn,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => e.fmt(f),
            Self::Truncated { missing } => {
                write!(f, "the stream ended inside a frame, ")?;
                let bytes = if *missing == 1 { "byte" } else { "bytes" };
                write!(f, "{missing} {bytes} too early")
            }
            Self::TooLarge { length, limit } => {
                write!(f, "a frame of {length} bytes is over the ")?;
                write!(f, "limit of {limit}")
            }
            Self::Torn => {
                write!(f, "an earlier frame was sent only in part")
            }
        }
    }
}

impl error::Error for FrameError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(e) => Some(e),
            _ => None,
        }
    }
}
