//! What a frame promises, one promise a test.

use std::collections::VecDeque;
use std::error::Error;
use std::io::{self, Read, Write};

use shared::frame::{DEFAULT_LIMIT, FrameError, FrameReader, FrameWriter};

use super::allocated::counting;

/// A stream whose every call is answered from a list, and counted.
#[derive(Default)]
struct Script {
    answers: VecDeque<io::Result<Vec<u8>>>,
    takes: VecDeque<io::Result<usize>>,
    written: Vec<Vec<u8>>,
    reads: usize,
}

impl Script {
    fn gives(answers: impl IntoIterator<Item = io::Result<Vec<u8>>>) -> Self {
        Self { answers: answers.into_iter().collect(), ..Self::default() }
    }

    fn takes(takes: impl IntoIterator<Item = io::Result<usize>>) -> Self {
        Self { takes: takes.into_iter().collect(), ..Self::default() }
    }
}

impl Read for &mut Script {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        let bytes = self.answers.pop_front().unwrap_or(Ok(Vec::new()))?;
        into[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Write for &mut Script {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let most = self.takes.pop_front().unwrap_or(Ok(usize::MAX))?;
        let count = most.min(from.len());
        self.written.push(from[..count].to_vec());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("a frame writer does not flush");
    }
}

fn error<T>(kind: io::ErrorKind) -> io::Result<T> {
    Err(kind.into())
}

/// [SH-13] One write, so that frames up to `PIPE_BUF` are atomic.
#[test]
fn a_frame_is_handed_over_in_one_write() {
    for payload in [&b""[..], b"ping", &vec![7; 100_000]] {
        let mut stream = Script::default();
        let sent = FrameWriter::new(&mut stream).send(payload);
        assert!(sent.is_ok());
        let [written] = &stream.written[..] else {
            panic!("{} writes", stream.written.len());
        };
        assert_eq!(written.len(), 4 + payload.len());
        assert!(written.ends_with(payload));
    }
}

/// [SH-01] The length is little-endian, and counts the payload alone.
#[test]
fn twelve_is_0c_00_00_00() {
    let mut stream = Vec::new();
    let sent = FrameWriter::new(&mut stream).send(b"Hello world!");
    assert!(sent.is_ok());
    assert_eq!(&stream[..4], [0x0c, 0, 0, 0]);
}

/// [SH-15] The rest of a partial write follows, and EINTR costs nothing.
#[test]
fn a_partial_write_is_followed_by_its_rest() {
    let interrupted = || error(io::ErrorKind::Interrupted);
    let takes = [interrupted(), Ok(1), Ok(3), interrupted(), Ok(2)];
    let mut stream = Script::takes(takes);
    let sent = FrameWriter::new(&mut stream).send(b"ping");
    assert!(sent.is_ok());
    assert_eq!(stream.written.concat(), b"\x04\0\0\0ping");
    assert_eq!(stream.written.len(), 4);
}

#[test]
fn an_error_inside_a_frame_puts_the_writer_out_of_step() {
    let mut stream = Script::takes([Ok(5), error(io::ErrorKind::BrokenPipe)]);
    let mut writer = FrameWriter::new(&mut stream);
    assert!(matches!(writer.send(b"ping"), Err(FrameError::Io(_))));
    assert!(matches!(writer.send(b"ping"), Err(FrameError::Torn)));
    assert_eq!(stream.written.concat(), b"\x04\0\0\0p");
}

#[test]
fn an_error_before_a_frame_leaves_the_writer_in_step() {
    let mut stream = Script::takes([error(io::ErrorKind::WouldBlock)]);
    let mut writer = FrameWriter::new(&mut stream);
    assert!(matches!(writer.send(b"lost"), Err(FrameError::Io(_))));
    assert!(writer.send(b"ping").is_ok());
    assert_eq!(stream.written.concat(), b"\x04\0\0\0ping");
}

#[test]
fn a_writer_that_takes_nothing_is_an_error_and_not_a_loop() {
    let mut stream = Script::takes([Ok(0)]);
    match FrameWriter::new(&mut stream).send(b"ping") {
        Err(FrameError::Io(e)) => {
            assert_eq!(e.kind(), io::ErrorKind::WriteZero);
        }
        other => panic!("{other:?}"),
    }
}

/// [SH-11] An empty frame is not an end of file.
#[test]
fn an_empty_frame_is_a_frame() {
    let mut reader = FrameReader::new(&[0, 0, 0, 0][..]);
    assert!(matches!(reader.recv(), Ok(Some(b""))));
    assert!(matches!(reader.recv(), Ok(None)));
}

/// [NU-38] End of file is not for ever: the next writer of a FIFO goes on.
#[test]
fn after_an_end_of_file_between_frames_more_may_come() {
    let frame = || Ok(b"\x04\0\0\0ping".to_vec());
    let mut stream = Script::gives([frame(), Ok(Vec::new()), frame()]);
    let mut reader = FrameReader::new(&mut stream);
    assert!(matches!(reader.recv(), Ok(Some(b"ping"))));
    assert!(matches!(reader.recv(), Ok(None)));
    assert!(matches!(reader.recv(), Ok(Some(b"ping"))));
}

/// [SH-20] Nothing marks a border in a stream that is out of step.
#[test]
fn after_a_torn_frame_the_stream_never_heals() {
    let torn = Ok(b"\x05\0\0\0pin".to_vec());
    let more = Ok(b"\x04\0\0\0ping".to_vec());
    let mut stream = Script::gives([torn, Ok(Vec::new()), more]);
    let mut reader = FrameReader::new(&mut stream);
    for _ in 0..3 {
        let got = reader.recv();
        assert!(matches!(got, Err(FrameError::Truncated { missing: 2 })));
    }
    assert_eq!(stream.reads, 2, "a broken stream is not read on");
}

#[test]
fn a_too_large_frame_is_refused_for_good() {
    let mut reader = FrameReader::new(&b"\x05\0\0\0hello\0\0\0\0"[..]);
    reader = reader.with_limit(4);
    for _ in 0..3 {
        let refused = reader.recv();
        let expected = matches!(
            refused,
            Err(FrameError::TooLarge { length: 5, limit: 4 })
        );
        assert!(expected, "{refused:?}");
    }
}

#[test]
fn a_frame_of_just_the_limit_passes() {
    let mut stream = Vec::new();
    let sent = FrameWriter::new(&mut stream).with_limit(4).send(b"ping");
    assert!(sent.is_ok());
    let mut reader = FrameReader::new(&stream[..]).with_limit(4);
    assert!(matches!(reader.recv(), Ok(Some(b"ping"))));
    let beyond = vec![0; DEFAULT_LIMIT + 1];
    assert!(FrameWriter::new(io::sink()).send(&beyond[1..]).is_ok());
    let refused = FrameWriter::new(io::sink()).send(&beyond);
    assert!(matches!(refused, Err(FrameError::TooLarge { .. })));
}

#[test]
fn a_too_large_payload_is_refused_before_a_byte_is_sent_or_copied() {
    let payload = vec![0; 1 << 20];
    let mut stream = Script::default();
    let mut writer = FrameWriter::new(&mut stream).with_limit(1000);
    let (refused, allocated) = counting(|| writer.send(&payload));
    assert!(matches!(refused, Err(FrameError::TooLarge { .. })));
    assert_eq!(allocated.bytes, 0);
    assert!(writer.send(b"ping").is_ok(), "the stream is still in step");
    assert_eq!(stream.written.concat(), b"\x04\0\0\0ping");
}

#[test]
fn eintr_is_retried_and_what_has_arrived_is_kept_over_an_error() {
    let mut stream = Script::gives([
        error(io::ErrorKind::Interrupted),
        Ok(b"\x04\0".to_vec()),
        error(io::ErrorKind::WouldBlock),
        Ok(b"\0\0pi".to_vec()),
        error(io::ErrorKind::Interrupted),
        Ok(b"ng".to_vec()),
    ]);
    let mut reader = FrameReader::new(&mut stream);
    assert!(matches!(reader.recv(), Err(FrameError::Io(_))));
    assert!(matches!(reader.recv(), Ok(Some(b"ping"))));
}

/// [SH-19] Frames that arrived together cost one `read`, and the reader
/// allocates nothing for them.
#[test]
fn a_frame_that_is_already_there_costs_no_call_and_no_allocation() {
    let frames = b"\x04\0\0\0ping".repeat(500);
    let mut stream = Script::gives([Ok(frames)]);
    let mut reader = FrameReader::new(&mut stream);
    let (count, allocated) = counting(|| {
        (0..500).filter(|_| matches!(reader.recv(), Ok(Some(_)))).count()
    });
    assert_eq!(count, 500);
    // The script's own bookkeeping frees; it does not allocate.
    assert_eq!(allocated.calls, 0);
    assert_eq!(stream.reads, 1);
}

/// A buffer of the caller's choice is asked for at once, and grows like any.
#[test]
fn a_reader_asks_for_as_much_as_its_buffer_holds() {
    let large = if cfg!(miri) { 1 << 10 } else { 1 << 18 };
    for (asked, buffer) in [(4, 0), (4, 4), (100, 100), (large, large)] {
        let mut most = 0;
        let mut reader = FrameReader::new(Asked(&mut most)).with_buffer(buffer);
        assert!(matches!(reader.recv(), Ok(None)));
        assert_eq!(most, asked);
    }
    let frames = b"\x04\0\0\0ping".repeat(3);
    let mut reader = FrameReader::new(&frames[..]).with_buffer(0);
    for _ in 0..3 {
        assert!(matches!(reader.recv(), Ok(Some(b"ping"))));
    }
}

/// How many bytes a reader has room for.
struct Asked<'a>(&'a mut usize);

impl Read for Asked<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        *self.0 = into.len();
        Ok(0)
    }
}

/// [SH-12] Memory follows the bytes that came, not the length they claim.
#[test]
fn four_gibibytes_promised_cost_no_memory() {
    for limit in [1 << 30, u32::MAX as usize, usize::MAX] {
        for header in [[0xff; 4], [0xff, 0xff, 0xff, 0x3f]] {
            let (got, allocated) = counting(|| {
                let mut reader =
                    FrameReader::new(&header[..]).with_limit(limit);
                reader.recv().map(|_| ())
            });
            assert!(got.is_err());
            assert!(allocated.bytes < 100_000, "{} bytes", allocated.bytes);
        }
    }
    // A quarter of a mebibyte arrives: no more than a few times that is held.
    let mut stream = vec![0xff; 4];
    stream.resize(256 * 1024, b'x');
    let (got, allocated) = counting(|| {
        let reader = FrameReader::new(&stream[..]);
        reader.with_limit(usize::MAX).recv().map(|_| ())
    });
    assert!(matches!(got, Err(FrameError::Truncated { .. })));
    assert!(allocated.bytes < 2 << 20, "{} bytes", allocated.bytes);
}

/// However long the stream is, the buffer holds a frame or two of it.
#[test]
fn a_long_stream_of_short_frames_needs_no_more_memory_than_a_short_one() {
    let frames = if cfg!(miri) { 300 } else { 100_000 };
    // Frames of 7 bytes and reads of 10: each read ends inside a frame.
    let stream = b"\x03\0\0\0end".repeat(frames);
    let pieces = stream.chunks(10).map(|piece| Ok(piece.to_vec()));
    let mut stream = Script::gives(pieces);
    let (count, allocated) = counting(|| {
        let mut reader = FrameReader::new(&mut stream);
        let mut count = 0;
        while let Ok(Some(b"end")) = reader.recv() {
            count += 1;
        }
        count
    });
    assert_eq!(count, frames);
    assert!(allocated.bytes < 64 * 1024, "{} bytes", allocated.bytes);
}

#[test]
fn errors_say_what_is_wrong_in_words() {
    let torn = FrameReader::new(&b"\x04\0\0\0pi"[..]).recv().map(|_| ());
    let words = torn.map_err(|e| e.to_string());
    let expected = "the stream ended inside a frame, 2 bytes too early";
    assert_eq!(words, Err(expected.to_string()));
    assert!(FrameError::Torn.source().is_none());
    let kind = io::ErrorKind::BrokenPipe;
    let below = FrameError::Io(kind.into());
    assert_eq!(below.to_string(), io::Error::from(kind).to_string());
    let source = below.source().and_then(|e| e.downcast_ref::<io::Error>());
    assert_eq!(source.map(io::Error::kind), Some(kind));
    let refused = FrameWriter::new(io::sink()).with_limit(3).send(b"ping");
    let words = refused.map_err(|e| e.to_string());
    let expected = "a frame of 4 bytes is over the limit of 3";
    assert_eq!(words, Err(expected.to_string()));
}
