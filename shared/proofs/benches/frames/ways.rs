//! The contestants: how to get payloads of one length through a pipe.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, PipeReader, Read, Write};

use shared::frame::{FrameReader, FrameWriter, HEADER};

use super::{Failed, tokios};

/// What a pipe holds on Linux, unless somebody changes it.
const PIPE: usize = 64 << 10;

/// A batch, and what the receivers of frames ask for at once.
const BATCH: usize = 2 * PIPE;
const BUFFER: usize = 4 * PIPE;

/// What `FramedRead` and `FramedWrite` of tokio-util gather unless told.
const TOKIOS_OWN: usize = 8 << 10;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// No frames: as many bytes of payload, 64 KiB a call.
    Raw,
    /// Many frames a `write`.
    Batched,
    /// Many frames a `writev`, none of them copied.
    SendAll,
    /// No frames: a call for as many bytes as a frame has.
    Same,
    /// A frame a `write`.
    Single,
    /// tokio-util's framing, as it comes.
    Tokio,
    /// The same with buffers as large as ours.
    LargeTokio,
}

impl Way {
    pub(crate) const ALL: [Self; 7] = [
        Self::Raw,
        Self::Batched,
        Self::SendAll,
        Self::Same,
        Self::Single,
        Self::Tokio,
        Self::LargeTokio,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Batched => "batched",
            Self::SendAll => "send_all",
            Self::Same => "raw, single",
            Self::Single => "single",
            Self::Tokio => "tokio-util",
            Self::LargeTokio => "the same, +",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }

    /// Sends the payload so many times. `black_box` keeps the compiler from
    /// knowing that it is the same each time.
    pub(crate) fn send(
        self,
        pipe: File,
        payload: &[u8],
        count: usize,
    ) -> Result<(), Failed> {
        let length = payload.len();
        match self {
            Self::Raw => raw(pipe, PIPE, length * count)?,
            Self::Same => {
                raw(pipe, HEADER + length, (HEADER + length) * count)?;
            }
            Self::Batched => {
                let mut frames = FrameWriter::batched(pipe, BATCH);
                for _ in 0..count {
                    frames.send(black_box(payload))?;
                }
                frames.flush()?;
            }
            Self::SendAll => {
                let mut frames = FrameWriter::new(pipe);
                let many = [payload; 64];
                let mut left = count;
                while left > 0 {
                    let some = &many[..left.min(many.len())];
                    left -= frames.send_all(black_box(some))?;
                }
            }
            Self::Single => {
                let mut frames = FrameWriter::new(pipe);
                for _ in 0..count {
                    frames.send(black_box(payload))?;
                }
            }
            Self::Tokio => tokios::send(pipe, payload, count, TOKIOS_OWN)?,
            Self::LargeTokio => tokios::send(pipe, payload, count, BATCH)?,
        }
        Ok(())
    }

    /// Receives them all, to the end of file.
    pub(crate) fn receive(
        self,
        pipe: PipeReader,
        length: usize,
        count: usize,
    ) -> Result<(), Failed> {
        let (whole, got) = match self {
            Self::Raw => (length * count, drain(pipe, PIPE)?),
            Self::Same => ((HEADER + length) * count, drain(pipe, BUFFER)?),
            Self::Batched | Self::SendAll | Self::Single => {
                let mut frames = FrameReader::new(pipe).with_buffer(BUFFER);
                let mut got = 0;
                while let Some(payload) = frames.recv()? {
                    got += black_box(payload).len();
                }
                (length * count, got)
            }
            Self::Tokio => (length * count, tokios::receive(pipe, TOKIOS_OWN)?),
            Self::LargeTokio => {
                (length * count, tokios::receive(pipe, BUFFER)?)
            }
        };
        if whole == got {
            return Ok(());
        }
        Err(format!("{got} of {whole} bytes came").into())
    }
}

fn raw(mut pipe: File, at_once: usize, bytes: usize) -> io::Result<()> {
    let buffer = vec![b'x'; at_once];
    let mut left = bytes;
    while left > 0 {
        let some = &buffer[..left.min(at_once)];
        pipe.write_all(black_box(some))?;
        left -= some.len();
    }
    Ok(())
}

fn drain(mut pipe: PipeReader, at_once: usize) -> io::Result<usize> {
    let mut buffer = vec![0; at_once];
    let mut bytes = 0;
    loop {
        match pipe.read(&mut buffer)? {
            0 => return Ok(bytes),
            count => bytes += count,
        }
        black_box(&buffer);
    }
}
