//! One frame at a time, on a stream that stops anywhere.

use std::io::{self, Write};
use std::os::fd::AsFd;

use shared::frame::{FrameError, FrameReader, FrameWriter};

use super::stops::{Stops, cuts, payloads, stream_of, would_block};

/// Longer than the reader's first buffer.
const LONG: usize = if cfg!(miri) { 20 } else { 9000 };

#[test]
fn a_reader_that_is_told_to_wait_anywhere_loses_nothing() {
    let payloads = payloads(LONG);
    let bytes = stream_of(&payloads);
    for cuts in cuts(bytes.len()) {
        let stops = cuts.iter().filter(|cut| **cut <= bytes.len()).count();
        let mut stream = Stops { bytes: bytes.clone(), cuts, at: 0 };
        let mut reader = FrameReader::new(&mut stream);
        let (mut got, mut told, mut length) = (Vec::new(), 0, 0);
        loop {
            let position = reader.position();
            let answer = reader.recv().map(|frame| frame.map(<[u8]>::to_vec));
            if would_block(&answer) {
                told += 1;
                assert_eq!(reader.position(), position, "not one frame on");
                continue;
            }
            let Ok(Some(payload)) = answer else { break };
            length += 4 + payload.len();
            assert_eq!(reader.position(), length as u64);
            got.push(payload);
        }
        assert!(matches!(reader.recv(), Ok(None)), "a clean end");
        assert_eq!((&got, told), (&payloads, stops));
    }
}

#[test]
fn a_reader_knows_how_much_of_a_frame_it_holds() {
    let bytes = b"\x04\0\0\0ping".to_vec();
    for cut in 0..bytes.len() {
        let cuts = vec![cut];
        let mut stream = Stops { bytes: bytes.clone(), cuts, at: 0 };
        let mut reader = FrameReader::new(&mut stream);
        assert!(would_block(&reader.recv()));
        assert_eq!(reader.held(), cut);
        assert!(matches!(reader.recv(), Ok(Some(b"ping"))));
        assert_eq!(reader.held(), 0);
    }
}

/// The two promises of `send`: EAGAIN means that nothing was taken, and Ok
/// that the frame will be whole.
#[test]
fn a_writer_that_is_told_to_wait_anywhere_sends_each_frame_once() {
    let payloads = payloads(LONG);
    let whole = stream_of(&payloads);
    for cuts in cuts(whole.len() - 1) {
        let mut stream = Stops { bytes: Vec::new(), cuts, at: 0 };
        let mut writer = FrameWriter::new(&mut stream);
        let mut border = 0;
        for payload in &payloads {
            loop {
                let answer = writer.send(payload);
                let after = writer.get_ref().at;
                if answer.is_ok() {
                    break;
                }
                assert!(would_block(&answer));
                // Perhaps the rest of the frame before, of this one nothing.
                assert!(after <= border, "{after} of {border}");
            }
            border += 4 + payload.len();
            let at = writer.get_ref().at;
            assert_eq!(writer.pending(), border - at);
        }
        while writer.pending() > 0 {
            let answer = writer.flush();
            assert!(answer.is_ok() || would_block(&answer));
        }
        assert!(stream.bytes == whole, "byte for byte");
    }
}

/// The rest of a frame is sent before anything else, by `send` as by `flush`.
#[test]
fn what_is_pending_goes_first() {
    let cuts = vec![5, 5];
    let mut stream = Stops { bytes: Vec::new(), cuts, at: 0 };
    let mut writer = FrameWriter::new(&mut stream);
    assert!(writer.send(b"ping").is_ok());
    assert_eq!(writer.pending(), 3);
    assert!(would_block(&writer.send(b"lost")), "no room for the rest");
    assert_eq!(writer.pending(), 3);
    assert!(writer.send(b"pong").is_ok());
    assert_eq!(writer.pending(), 0);
    assert_eq!(stream.bytes, b"\x04\0\0\0ping\x04\0\0\0pong");
}

/// Another error in the middle is not a pause: the frame is torn for good.
#[test]
fn a_frame_that_is_pending_when_the_reader_leaves_is_torn() {
    struct Leaves(Vec<io::Result<usize>>);
    impl Write for Leaves {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            self.0.pop().unwrap_or(Ok(1))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (full, gone) = (io::ErrorKind::WouldBlock, io::ErrorKind::BrokenPipe);
    let script = vec![Err(gone.into()), Err(full.into()), Ok(2)];
    let mut writer = FrameWriter::new(Leaves(script));
    assert!(writer.send(b"ping").is_ok());
    assert!(matches!(writer.flush(), Err(FrameError::Io(_))));
    assert!(matches!(writer.flush(), Err(FrameError::Torn)));
    assert!(matches!(writer.send(b"ping"), Err(FrameError::Torn)));
}

#[test]
fn flush_reaches_the_stream_below_and_retries_eintr() {
    #[derive(Default)]
    struct Counts(usize);
    impl Write for Counts {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            self.0 += 1;
            match self.0 {
                1 => Err(io::ErrorKind::Interrupted.into()),
                2 => Ok(()),
                _ => Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
    }
    let mut writer = FrameWriter::new(Counts::default());
    assert!(writer.send(b"ping").is_ok() && writer.flush().is_ok());
    assert_eq!(writer.get_ref().0, 2);
    assert!(matches!(writer.flush(), Err(FrameError::Io(_))));
}

/// A real pipe, nonblocking at both ends, with a frame larger than it holds.
#[cfg_attr(miri, ignore = "Miri has no pipes")]
#[test]
fn a_frame_larger_than_the_pipe_goes_through_in_turns() {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let (from, to) = harness::get(io::pipe(), "pipe");
    for end in [from.as_fd(), to.as_fd()] {
        let nonblocking = FcntlArg::F_SETFL(OFlag::O_NONBLOCK);
        harness::get(fcntl(end, nonblocking), "fcntl");
    }
    let payload: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
    let mut writer = FrameWriter::new(to);
    let mut reader = FrameReader::new(from);
    assert!(writer.send(&payload).is_ok());
    assert!(writer.pending() > 0, "more than a pipe holds");
    let mut turns = 0;
    let got = loop {
        turns += 1;
        match reader.recv() {
            Ok(Some(got)) => break got.to_vec(),
            Err(FrameError::Io(e)) => {
                assert_eq!(e.kind(), io::ErrorKind::WouldBlock);
                let answer = writer.flush();
                assert!(answer.is_ok() || would_block(&answer));
            }
            other => panic!("{other:?}"),
        }
    };
    assert!(got == payload);
    assert!(turns > 2, "it did stop on the way");
}
