//! Streams that stop where a test says.

use std::io::{self, IoSlice, Read, Write};

use shared::frame::{FrameError, FrameWriter};

/// Frames whose borders a cut can fall on, before, or behind: empty, one
/// byte, text, and a longer one.
pub(super) fn payloads(long: usize) -> Vec<Vec<u8>> {
    vec![vec![], b"x".to_vec(), b"ping".to_vec(), vec![], vec![7; long]]
}

pub(super) fn stream_of(payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut writer = FrameWriter::new(&mut stream);
    assert!(payloads.iter().all(|payload| writer.send(payload).is_ok()));
    stream
}

/// A nonblocking stream: so many bytes at a time, then EAGAIN once.
pub(super) struct Stops {
    pub(super) bytes: Vec<u8>,
    /// Where it stops, in ascending order.
    pub(super) cuts: Vec<usize>,
    /// How far the reader is, or the writer.
    pub(super) at: usize,
}

impl Stops {
    /// How many of `wanted` bytes come before the next stop.
    fn go(&mut self, wanted: usize) -> io::Result<usize> {
        match self.cuts.first() {
            Some(&cut) if cut == self.at => {
                self.cuts.remove(0);
                Err(io::ErrorKind::WouldBlock.into())
            }
            Some(&cut) => Ok(wanted.min(cut - self.at)),
            None => Ok(wanted),
        }
    }
}

impl Read for &mut Stops {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.bytes.len() - self.at;
        let count = self.go(into.len().min(left))?;
        into[..count].copy_from_slice(&self.bytes[self.at..][..count]);
        self.at += count;
        Ok(count)
    }
}

impl Write for &mut Stops {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let count = self.go(from.len())?;
        self.bytes.extend_from_slice(&from[..count]);
        self.at += count;
        Ok(count)
    }

    /// As the kernel does it: the pieces are one run of bytes.
    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let from: Vec<u8> =
            pieces.iter().flat_map(|p| p.iter()).copied().collect();
        self.write(&from)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn would_block<T>(answer: &Result<T, FrameError>) -> bool {
    let Err(FrameError::Io(e)) = answer else { return false };
    e.kind() == io::ErrorKind::WouldBlock
}

/// Every cut of a stream, alone and with the one behind it.
pub(super) fn cuts(length: usize) -> impl Iterator<Item = Vec<usize>> {
    // Miri is a thousand times slower than the machine.
    let step = if cfg!(miri) { 31 } else { 1 };
    (0..=length).step_by(step).flat_map(|cut| [vec![cut], vec![cut, cut + 1]])
}
