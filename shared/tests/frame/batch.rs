//! Frames in a batch.

use std::io::{self, Write};

use shared::frame::{DEFAULT_LIMIT, FrameError, FrameReader, FrameWriter};

use super::allocated::counting;
use super::stops::{Stops, cuts, payloads, stream_of, would_block};

/// No room for a frame, for a header, for a small frame, for two, for all.
const CAPACITIES: [usize; 6] = [0, 4, 5, 13, 40, 1 << 16];

/// Longer than most of these batches.
const LONG: usize = 50;

/// What each `write` brought.
#[derive(Default)]
struct Writes(Vec<Vec<u8>>);

impl Write for &mut Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_batch_sends_what_single_frames_send() {
    for capacity in CAPACITIES {
        let mut stream = Vec::new();
        let mut writer = FrameWriter::batched(&mut stream, capacity);
        for payload in payloads(LONG) {
            assert!(writer.send(&payload).is_ok());
        }
        assert!(writer.flush().is_ok());
        assert_eq!(writer.pending(), 0);
        drop(writer);
        assert_eq!(stream, stream_of(&payloads(LONG)), "capacity {capacity}");
    }
}

#[test]
fn a_batch_is_written_when_it_is_full_and_holds_whole_frames() {
    let mut taken = Writes::default();
    let mut writer = FrameWriter::batched(&mut taken, 30);
    for _ in 0..7 {
        assert!(writer.send(b"ping").is_ok());
    }
    // Three frames of eight bytes fit, a fourth does not.
    assert_eq!(writer.get_ref().0.len(), 2);
    assert_eq!(writer.pending(), 8);
    assert!(writer.flush().is_ok());
    drop(writer);
    let frames: Vec<usize> = taken.0.iter().map(|w| whole_frames(w)).collect();
    assert_eq!(frames, [3, 3, 1]);
}

#[test]
fn a_batch_that_is_just_full_waits_for_the_next_frame() {
    let mut taken = Writes::default();
    let mut writer = FrameWriter::batched(&mut taken, 16);
    assert!(writer.send(b"ping").is_ok() && writer.send(b"ping").is_ok());
    assert_eq!(writer.pending(), 16);
    assert!(writer.send(b"").is_ok());
    assert_eq!((writer.get_ref().0.len(), writer.pending()), (1, 4));
}

fn whole_frames(bytes: &[u8]) -> usize {
    let mut reader = FrameReader::new(bytes);
    let mut count = 0;
    while let Some(_payload) = harness::get(reader.recv(), "whole frames") {
        count += 1;
    }
    count
}

/// No call and no allocation for a frame: one write for all that fit.
#[test]
fn a_frame_of_a_batch_costs_no_call_and_no_allocation() {
    let mut calls = Calls(0);
    let mut writer = FrameWriter::batched(&mut calls, 800);
    let (sent, allocated) =
        counting(|| (0..1000).filter(|_| writer.send(b"ping").is_ok()).count());
    assert_eq!((sent, allocated.calls), (1000, 0));
    drop(writer);
    assert_eq!(calls.0, 10, "a hundred frames of eight bytes each");
}

/// How often it was called.
struct Calls(usize);

impl Write for &mut Calls {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn dropping_a_batch_sends_what_waits() {
    let mut stream = Vec::new();
    let mut writer = FrameWriter::batched(&mut stream, 100);
    assert!(writer.send(b"ping").is_ok());
    assert_eq!(writer.get_ref().len(), 0, "it waits");
    drop(writer);
    assert_eq!(stream, b"\x04\0\0\0ping");
}

/// Also behind others, which have to go first.
#[test]
fn a_frame_as_long_as_the_batch_waits_in_it_and_a_longer_one_goes_out() {
    for (payload, waits) in [(&b"12345678"[..], 12), (b"123456789", 0)] {
        let mut stream = Vec::new();
        let mut writer = FrameWriter::batched(&mut stream, 12);
        assert!(writer.send(b"a").is_ok());
        assert!(writer.send(payload).is_ok());
        assert_eq!(writer.pending(), waits);
    }
}

/// As for single frames: EAGAIN means that nothing of this frame was taken,
/// and Ok that it will be whole.
#[test]
fn a_batch_that_is_told_to_wait_anywhere_sends_each_frame_once() {
    let payloads = payloads(LONG);
    let whole = stream_of(&payloads);
    for (cuts, capacity) in cuts(whole.len() - 1)
        .flat_map(|cuts| CAPACITIES.map(move |c| (cuts.clone(), c)))
    {
        let mut stream = Stops { bytes: Vec::new(), cuts, at: 0 };
        let mut writer = FrameWriter::batched(&mut stream, capacity);
        let mut border = 0;
        for payload in &payloads {
            while let Err(e) = writer.send(payload) {
                assert!(would_block::<()>(&Err(e)));
                assert_eq!(writer.get_ref().at + writer.pending(), border);
            }
            border += 4 + payload.len();
            assert_eq!(writer.get_ref().at + writer.pending(), border);
        }
        while let Err(e) = writer.flush() {
            assert!(would_block::<()>(&Err(e)));
        }
        drop(writer);
        assert!(stream.bytes == whole, "byte for byte");
    }
}

/// Fails once, where it is told to.
struct FailsOnce(Vec<u8>, Option<io::ErrorKind>);

impl Write for &mut FailsOnce {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.1.take() {
            Some(io::ErrorKind::WriteZero) => Ok(0),
            Some(error) => Err(error.into()),
            None => {
                self.0.extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_error_tears_no_batch_and_loses_no_frame() {
    for error in [io::ErrorKind::StorageFull, io::ErrorKind::WriteZero] {
        for payload in [&b"pong"[..], &[7; 60]] {
            let mut stream = FailsOnce(Vec::new(), Some(error));
            let mut writer = FrameWriter::batched(&mut stream, 10);
            assert!(writer.send(b"ping").is_ok());
            let answer = writer.send(payload);
            let Err(FrameError::Io(e)) = answer else { panic!("no error") };
            assert_eq!(e.kind(), error);
            assert!(writer.send(payload).is_ok());
            assert!(writer.flush().is_ok());
            drop(writer);
            let both = [b"ping".to_vec(), payload.to_vec()];
            assert_eq!(stream.0, stream_of(&both));
        }
    }
}

/// It is not copied: it is the caller's, to be sent again or not.
#[test]
fn an_error_before_a_long_frame_leaves_it_to_the_caller() {
    let full = Some(io::ErrorKind::WouldBlock);
    let mut stream = FailsOnce(Vec::new(), full);
    let mut writer = FrameWriter::batched(&mut stream, 10);
    assert!(would_block(&writer.send(&[7; 20])));
    assert_eq!(writer.pending(), 0);
}

#[test]
fn a_signal_does_not_disturb_a_batch() {
    let interrupted = Some(io::ErrorKind::Interrupted);
    let mut stream = FailsOnce(Vec::new(), interrupted);
    let mut writer = FrameWriter::batched(&mut stream, 10);
    assert!(writer.send(b"ping").is_ok() && writer.flush().is_ok());
    assert_eq!(writer.get_ref().0, b"\x04\0\0\0ping");
}

/// A frame that is longer than the batch and has begun counts as sent. What
/// stopped it is told by the next call, if it lasts.
#[test]
fn an_error_inside_a_long_frame_is_told_by_the_next_call() {
    struct Fills(usize);
    impl Write for Fills {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.0);
            self.0 -= count;
            if count == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(count)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for room in 1..24 {
        let mut writer = FrameWriter::batched(Fills(room), 10);
        assert!(writer.send(&[7; 20]).is_ok());
        assert_eq!(writer.pending(), 24 - room);
        assert!(matches!(writer.flush(), Err(FrameError::Io(_))));
        assert_eq!(writer.pending(), 24 - room);
    }
}

#[test]
fn a_batch_has_the_limits_of_single_frames() {
    let mut stream = Vec::new();
    let mut writer = FrameWriter::batched(&mut stream, 10);
    let too_long = vec![0; DEFAULT_LIMIT + 1];
    let refused = writer.send(&too_long);
    assert!(matches!(
        refused,
        Err(FrameError::TooLarge { limit: DEFAULT_LIMIT, .. })
    ));
    let mut writer = writer.with_limit(3);
    assert!(writer.send(b"abc").is_ok());
    assert!(matches!(
        writer.send(b"ping"),
        Err(FrameError::TooLarge { length: 4, limit: 3 })
    ));
}
