//! Any bytes as a stream of frames. What `FrameReader` makes of them must be
//! what the plainest reader makes of them, however the bytes arrive; and what
//! it received, sent again by each writer, must be the same bytes.

#![no_main]

use std::io::{self, Read, Write};

use libfuzzer_sys::fuzz_target;
use shared::frame::{FrameError, FrameReader, FrameWriter, HEADER};

fuzz_target!(|input: &[u8]| {
    // How long a payload may be, how much a call moves, how large a batch is.
    let [limit, piece, capacity, stream @ ..] = input else { return };
    let (limit, capacity) = (usize::from(*limit), usize::from(*capacity));
    let (payloads, end) = plainly(stream, limit);

    let source = Halting::new(stream, *piece);
    let mut reader =
        FrameReader::new(source).with_limit(limit).with_buffer(capacity);
    for payload in &payloads {
        let got = without_waiting(|| reader.recv().map(own)).expect("a frame");
        assert_eq!(got.as_deref(), Some(*payload));
    }
    for _ in 0..2 {
        let got = without_waiting(|| reader.recv().map(own));
        match (end, got) {
            (End::Clean, Ok(None)) => {}
            (End::Torn(m), Err(FrameError::Truncated { missing })) => {
                assert_eq!(m, missing);
            }
            (End::TooLarge(l), Err(FrameError::TooLarge { length, .. })) => {
                assert_eq!(l, length);
            }
            (_, got) => panic!("{end:?} and not {got:?}"),
        }
    }

    let used: usize = payloads.iter().map(|p| HEADER + p.len()).sum();
    assert_eq!(reader.position(), used as u64);
    let whole = &stream[..used];

    let mut single = FrameWriter::new(Halting::new(Vec::new(), *piece));
    for payload in &payloads {
        without_waiting(|| single.send(payload)).expect("sent");
    }
    without_waiting(|| single.flush()).expect("flushed");
    assert_eq!(single.get_ref().inner, whole);

    let sink = Halting::new(Vec::new(), *piece);
    let mut batch = FrameWriter::batched(sink, capacity);
    for payload in &payloads {
        without_waiting(|| batch.send(payload)).expect("sent");
    }
    without_waiting(|| batch.flush()).expect("flushed");
    assert_eq!(batch.get_ref().inner, whole);

    let mut all = FrameWriter::new(Halting::new(Vec::new(), *piece));
    let mut rest = &payloads[..];
    while !rest.is_empty() {
        let sent = without_waiting(|| all.send_all(rest)).expect("sent");
        rest = &rest[sent..];
    }
    without_waiting(|| all.flush()).expect("flushed");
    assert_eq!(all.get_ref().inner, whole);
});

#[derive(Clone, Copy, Debug)]
enum End {
    Clean,
    Torn(usize),
    TooLarge(usize),
}

/// The frames of a stream that is all there.
fn plainly(mut stream: &[u8], limit: usize) -> (Vec<&[u8]>, End) {
    let mut payloads = Vec::new();
    loop {
        let Some((header, rest)) = stream.split_first_chunk() else {
            return match stream.len() {
                0 => (payloads, End::Clean),
                held => (payloads, End::Torn(HEADER - held)),
            };
        };
        let length = u32::from_le_bytes(*header) as usize;
        if length > limit {
            return (payloads, End::TooLarge(length));
        }
        let Some((payload, rest)) = rest.split_at_checked(length) else {
            return (payloads, End::Torn(length - rest.len()));
        };
        payloads.push(payload);
        stream = rest;
    }
}

fn own(payload: Option<&[u8]>) -> Option<Vec<u8>> {
    payload.map(<[u8]>::to_vec)
}

/// Asks again after EAGAIN, as one does when poll(2) says so.
fn without_waiting<T>(
    mut ask: impl FnMut() -> Result<T, FrameError>,
) -> Result<T, FrameError> {
    loop {
        match ask() {
            Err(FrameError::Io(e)) if e.kind() == io::ErrorKind::WouldBlock => {
            }
            answer => return answer,
        }
    }
}

/// A nonblocking stream: so many bytes a call, and every other call EAGAIN.
struct Halting<T> {
    inner: T,
    piece: usize,
    halts: bool,
}

impl<T> Halting<T> {
    fn new(inner: T, piece: u8) -> Self {
        Self { inner, piece: usize::from(piece).max(1), halts: false }
    }

    fn halt(&mut self) -> io::Result<()> {
        self.halts = !self.halts;
        if self.halts {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(())
    }
}

impl<T: Read> Read for Halting<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.halt()?;
        let most = self.piece.min(into.len());
        self.inner.read(&mut into[..most])
    }
}

impl<T: Write> Write for Halting<T> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.halt()?;
        self.inner.write(&from[..self.piece.min(from.len())])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
