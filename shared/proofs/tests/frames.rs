//! `shared::frame` against two other implementations of the same format, and
//! against every way in which a stream can be cut.

use std::io::{self, Read, Write};

use borsh::BorshDeserialize;
use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use shared::frame::{FrameError, FrameReader, FrameWriter};
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

type Payloads = Vec<Vec<u8>>;

/// Gives and takes at most the next of `sizes` bytes a call, round and round.
struct Chunked<T> {
    inner: T,
    sizes: Vec<usize>,
    calls: usize,
}

impl<T> Chunked<T> {
    fn new(inner: T, sizes: &[usize]) -> Self {
        Self { inner, sizes: sizes.to_vec(), calls: 0 }
    }

    fn next(&mut self) -> usize {
        self.calls += 1;
        self.sizes[self.calls % self.sizes.len()]
    }
}

impl<T: Read> Read for Chunked<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = self.next().min(into.len());
        self.inner.read(&mut into[..most])
    }
}

impl<T: Write> Write for Chunked<T> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let most = self.next().min(from.len());
        self.inner.write(&from[..most])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn sent(payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut writer = FrameWriter::new(&mut stream);
    for payload in payloads {
        writer.send(payload).unwrap_or_else(|e| panic!("send: {e}"));
    }
    stream
}

/// The same from a batch, and from where the payloads lie.
fn sent_at_once(
    payloads: &[Vec<u8>],
    capacity: usize,
    sizes: &[usize],
) -> [Vec<u8>; 2] {
    let (mut batch, mut gathered) = (Vec::new(), Vec::new());
    let stream = Chunked::new(&mut batch, sizes);
    let mut writer = FrameWriter::batched(stream, capacity);
    for payload in payloads {
        writer.send(payload).unwrap_or_else(|e| panic!("send: {e}"));
    }
    drop(writer);
    let stream = Chunked::new(&mut gathered, sizes);
    let lent: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
    let answer = FrameWriter::new(stream).send_all(&lent);
    assert_eq!(answer.ok(), Some(payloads.len()));
    [batch, gathered]
}

/// All frames up to the clean end, or to the error that ended them.
fn received(stream: impl Read) -> (Payloads, Option<FrameError>) {
    let (mut reader, mut payloads) = (FrameReader::new(stream), Vec::new());
    loop {
        match reader.recv() {
            Ok(Some(payload)) => payloads.push(payload.to_vec()),
            Ok(None) => return (payloads, None),
            Err(e) => return (payloads, Some(e)),
        }
    }
}

fn codec() -> LengthDelimitedCodec {
    let mut format = LengthDelimitedCodec::builder();
    format.little_endian().length_field_type::<u32>().new_codec()
}

/// Miri is a thousand times slower than the machine.
const LONG: usize = if cfg!(miri) { 100 } else { 3000 };

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 64 },
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn borsh_and_tokio_write_the_same_bytes(
        payloads in vec(vec(any::<u8>(), 0..LONG), 0..8),
    ) {
        let ours = sent(&payloads);
        let borsh: Vec<u8> = payloads
            .iter()
            .flat_map(|p| borsh::to_vec(p).unwrap_or_default())
            .collect();
        prop_assert_eq!(&ours, &borsh);
        let (mut tokio, mut codec) = (BytesMut::new(), codec());
        for payload in payloads {
            codec.encode(Bytes::from(payload), &mut tokio)?;
        }
        prop_assert_eq!(&ours[..], &tokio[..]);
    }

    #[test]
    fn what_was_sent_is_received_however_the_stream_is_chunked(
        payloads in vec(vec(any::<u8>(), 0..LONG), 0..8),
        writes in vec(1_usize..1033, 1..5),
        capacity in 0..2 * LONG,
        reads in vec(1_usize..97, 1..5),
    ) {
        let mut stream = Chunked::new(Vec::new(), &writes);
        let mut writer = FrameWriter::new(&mut stream);
        for payload in &payloads {
            writer.send(payload)?;
        }
        let stream = stream.inner;
        for at_once in sent_at_once(&payloads, capacity, &writes) {
            prop_assert_eq!(&at_once, &stream);
        }
        let (got, error) = received(Chunked::new(&stream[..], &reads));
        prop_assert!(error.is_none());
        prop_assert_eq!(got, payloads);
    }

    #[test]
    fn any_bytes_are_read_as_borsh_and_tokio_read_them(
        // Small numbers, so that some lengths fit into the stream.
        stream in vec(prop_oneof![Just(0_u8), 0..9_u8], 0..60),
        reads in vec(1_usize..7, 1..4),
    ) {
        let (got, error) = received(Chunked::new(&stream[..], &reads));

        // borsh has no clean end: it fails at the end of any stream.
        let (mut rest, mut borsh) = (&stream[..], Payloads::new());
        while let Ok(payload) = BorshDeserialize::deserialize(&mut rest) {
            borsh.push(payload);
        }
        prop_assert_eq!(&got, &borsh);

        let (mut left, mut codec) = (BytesMut::from(&stream[..]), codec());
        let mut tokio = Vec::new();
        let end = loop {
            match codec.decode_eof(&mut left) {
                Ok(Some(payload)) => tokio.push(payload.to_vec()),
                end => break end,
            }
        };
        prop_assert_eq!(&got, &tokio);
        let used: usize = got.iter().map(|p| 4 + p.len()).sum();
        match (stream.len() - used, &error) {
            (0, None) => prop_assert!(matches!(end, Ok(None))),
            // tokio-util has taken the header in and holds nothing else, so
            // it takes this for a clean end. It is a torn frame.
            (4, Some(FrameError::Truncated { .. })) => {
                prop_assert!(matches!(end, Ok(None)));
            }
            (1.., Some(_)) => prop_assert!(end.is_err()),
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

/// [SH-09] Every cut of a stream of frames is told for what it is.
#[test]
fn an_end_of_file_is_clean_between_frames_only() {
    let long = if cfg!(miri) { 9 } else { 300 };
    let payloads: Payloads = [3, 0, 1, long].map(|n| vec![b'x'; n]).to_vec();
    let whole = sent(&payloads);
    let mut ends = vec![0];
    for payload in &payloads {
        ends.push(ends[ends.len() - 1] + 4 + payload.len());
    }
    for cut in 0..=whole.len() {
        for size in [1, 3, 8192] {
            let stream = Chunked::new(&whole[..cut], &[size]);
            let mut reader = FrameReader::new(stream);
            let complete = ends.iter().filter(|end| **end <= cut).count() - 1;
            for payload in &payloads[..complete] {
                let got = reader.recv().ok().flatten();
                assert_eq!(got, Some(&payload[..]), "cut at {cut}");
            }
            let held = cut - ends[complete];
            let needed = match held {
                0 => None,
                1..4 => Some(4),
                _ => Some(4 + payloads[complete].len()),
            };
            for _ in 0..2 {
                let got = reader.recv();
                let as_it_should = match needed {
                    None => matches!(got, Ok(None)),
                    Some(needed) => matches!(
                        got,
                        Err(FrameError::Truncated { missing })
                            if missing == needed - held
                    ),
                };
                assert!(as_it_should, "cut at {cut}: {got:?}");
            }
        }
    }
}

/// [SH-09] The one cut where tokio-util says otherwise.
#[test]
fn a_header_without_its_payload_is_a_torn_frame_here_and_clean_for_tokio() {
    let header = [4, 0, 0, 0];
    let (_, ours) = received(&header[..]);
    assert!(matches!(ours, Some(FrameError::Truncated { missing: 4 })));
    let tokio = codec().decode_eof(&mut BytesMut::from(&header[..]));
    assert!(matches!(tokio, Ok(None)), "{tokio:?}");
}
