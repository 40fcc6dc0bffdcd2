//! Frames from where their payloads lie.

use std::io::{self, Write};

use shared::frame::{FrameError, FrameWriter};

use super::allocated::counting;
use super::stops::{Stops, cuts, payloads, stream_of, would_block};

/// The payloads as `send_all` wants them.
fn lent(payloads: &[Vec<u8>]) -> Vec<&[u8]> {
    payloads.iter().map(Vec::as_slice).collect()
}

/// So many that they take more than one `writev`, and empty ones at borders.
fn many() -> Vec<Vec<u8>> {
    let count = if cfg!(miri) { 66 } else { 150 };
    (0..count).map(|n| vec![7; n % 5]).collect()
}

#[test]
fn send_all_sends_what_single_frames_send() {
    for payloads in [payloads(50), many(), vec![], vec![vec![]]] {
        let mut stream = Vec::new();
        let answer = FrameWriter::new(&mut stream).send_all(&lent(&payloads));
        assert_eq!(answer.ok(), Some(payloads.len()));
        assert_eq!(stream, stream_of(&payloads));
    }
}

#[test]
fn send_all_copies_and_allocates_nothing() {
    let payload = [7; 4096];
    let mut writer = FrameWriter::new(io::sink());
    let (answer, allocated) =
        counting(|| writer.send_all(&[&payload[..]; 1000]));
    assert!(matches!(answer, Ok(1000)));
    assert_eq!(allocated.calls, 0);
}

/// Ok counts the frames that are sent or have begun; EAGAIN means that
/// nothing was taken.
#[test]
fn send_all_that_is_told_to_wait_anywhere_sends_each_frame_once() {
    for payloads in [payloads(50), many()] {
        let whole = stream_of(&payloads);
        for cuts in cuts(whole.len() - 1) {
            let mut stream = Stops { bytes: Vec::new(), cuts, at: 0 };
            let mut writer = FrameWriter::new(&mut stream);
            let (mut sent, mut border) = (0, 0);
            while sent < payloads.len() {
                let before = writer.get_ref().at;
                let answer = writer.send_all(&lent(&payloads[sent..]));
                let count = match answer {
                    Ok(count) => count,
                    answer => {
                        assert!(would_block(&answer));
                        // Perhaps the rest of a frame that counts already.
                        assert!(writer.get_ref().at <= border);
                        assert!(writer.get_ref().at >= before);
                        continue;
                    }
                };
                assert!(count > 0);
                border += stream_of(&payloads[sent..sent + count]).len();
                assert_eq!(writer.get_ref().at + writer.pending(), border);
                sent += count;
            }
            while let Err(e) = writer.flush() {
                assert!(would_block::<()>(&Err(e)));
            }
            assert!(stream.bytes == whole, "byte for byte");
        }
    }
}

/// Takes so many bytes, then fails with this error for ever.
struct Ends(usize, io::ErrorKind);

impl Write for Ends {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.0);
        self.0 -= count;
        match self.1 {
            _ if count > 0 || bytes.is_empty() => Ok(count),
            io::ErrorKind::WriteZero => Ok(0),
            error => Err(error.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_error_inside_a_frame_of_send_all_tears_it_and_between_frames_does_not() {
    let two = [&b"ping"[..], b"pong"];
    for error in [io::ErrorKind::BrokenPipe, io::ErrorKind::WriteZero] {
        for taken in 0..16 {
            let mut writer = FrameWriter::new(Ends(taken, error));
            let answer = writer.send_all(&two);
            let Err(FrameError::Io(e)) = answer else { panic!("{answer:?}") };
            assert_eq!(e.kind(), error);
            let again = writer.send_all(&two);
            let torn = matches!(again, Err(FrameError::Torn));
            assert_eq!(torn, taken % 8 != 0, "{taken} bytes taken");
            assert_eq!(writer.flush().is_err(), torn);
        }
    }
}

#[test]
fn a_signal_does_not_disturb_send_all() {
    struct Interrupted(bool, Vec<u8>);
    impl Write for Interrupted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = !self.0;
            if self.0 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            self.1.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut writer = FrameWriter::new(Interrupted(false, Vec::new()));
    assert!(matches!(writer.send_all(&[b"ping", b"", b"pong"]), Ok(3)));
    let sent = stream_of(&[b"ping".to_vec(), vec![], b"pong".to_vec()]);
    assert_eq!(writer.get_ref().1, sent);
}

#[test]
fn send_all_refuses_a_long_payload_before_it_sends_any() {
    let mut stream = Vec::new();
    let mut writer = FrameWriter::new(&mut stream).with_limit(3);
    let refused = writer.send_all(&[b"abc", b"ping"]);
    assert!(matches!(
        refused,
        Err(FrameError::TooLarge { length: 4, limit: 3 })
    ));
    assert!(stream.is_empty());
}
