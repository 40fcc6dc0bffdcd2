//! Receiving by hand: one read is one read, and rarely one message. Each test
//! here does what a simple reader does, and meets a stream that it is not made
//! for; the last ones do it right.

use std::io::{self, ErrorKind, PipeReader, Read, Write, pipe};
use std::thread;

use harness::experiment::waits;
use harness::{get, pipes};
use shared::frame::{FrameReader, FrameWriter};

/// One read of at most `most` bytes, and no other.
fn one_read(reader: &mut PipeReader, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; most];
    let count = reader.read(&mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// What four bytes mean, if they are a length.
fn length(bytes: &[u8]) -> usize {
    let bytes: [u8; 4] = get(bytes.try_into(), "four bytes");
    u32::from_le_bytes(bytes) as usize
}

/// [SH-05] Its writer has written two of them so far.
#[test]
fn a_read_of_four_bytes_may_bring_half_a_header() {
    let (mut reader, mut writer) = get(pipe(), "pipe");
    get(writer.write_all(&[12, 0]), "write");
    assert_eq!(get(one_read(&mut reader, 4), "read"), [12, 0]);
}

/// [SH-06] More than a pipe holds cannot come in one read, and the next header
/// is then the letters in the middle.
#[test]
fn a_read_of_a_long_payload_brings_a_part_and_the_rest_passes_for_a_header() {
    let (mut reader, writer) = get(pipe(), "pipe");
    let sent = 1_000_000; // No pipe that we know of holds so many by default.
    let sender =
        waits(move || FrameWriter::new(writer).send(&vec![b'A'; sent]).is_ok());
    assert_eq!(length(&get(one_read(&mut reader, 4), "read")), sent);
    let got = get(one_read(&mut reader, sent), "read").len();
    assert!(got < sent, "{got} bytes");
    pipes::soon_readable(&reader);
    let next = length(&get(one_read(&mut reader, 4), "read"));
    assert_eq!(next, 0x4141_4141, "AAAA: a thousand million bytes");
    // A reader that leaves is what the sender sees of it.
    drop(reader);
    assert!(!sender.returns());
}

/// [SH-07] The header is eaten, the payload is not there, and whoever asks
/// again takes the payload for a header.
#[test]
fn a_header_that_has_arrived_does_not_mean_that_its_payload_has() {
    let (mut reader, mut writer) = get(pipe(), "pipe");
    pipes::does_not_wait(&reader);
    get(writer.write_all(&[5, 0, 0, 0]), "write");
    assert_eq!(length(&get(one_read(&mut reader, 4), "read")), 5);
    let payload = one_read(&mut reader, 5).map_err(|e| e.kind());
    assert_eq!(payload, Err(ErrorKind::WouldBlock));
    get(writer.write_all(b"Hello"), "write");
    let header = get(one_read(&mut reader, 4), "read");
    assert_eq!(header, b"Hell");
    assert_eq!(get(one_read(&mut reader, length(&header)), "read"), b"o");
}

/// [SH-08] Each byte is read before the next one is written, so that no read
/// brings more than one.
#[test]
fn a_loop_receives_what_comes_byte_by_byte() {
    let stream = b"\x05\0\0\0hello\0\0\0\0\x03\0\0\0end";
    let (reader, mut writer) = get(pipe(), "pipe");
    let left = get(reader.try_clone(), "dup");
    let receiver = thread::spawn(move || {
        let mut reader = FrameReader::new(reader);
        let mut frames = Vec::new();
        while let Ok(Some(frame)) = reader.recv() {
            frames.push(frame.to_vec());
        }
        frames
    });
    for byte in stream {
        get(writer.write_all(&[*byte]), "write");
        let taken = || pipes::waiting(&left) == 0;
        assert!(harness::experiment::becomes(taken));
    }
    drop(writer);
    let Ok(frames) = receiver.join() else { panic!("the receiver") };
    assert_eq!(frames, [&b"hello"[..], b"", b"end"]);
}

/// [SH-08] `read_exact` is that loop, in std: in whatever two pieces a stream
/// comes.
#[test]
fn read_exact_receives_a_stream_that_is_cut_anywhere() {
    let stream = b"\x05\0\0\0hello";
    for cut in 0..=stream.len() {
        let (first, second) = stream.split_at(cut);
        let mut pieces = first.chain(second);
        let mut header = [0; 4];
        get(pieces.read_exact(&mut header), "the header");
        let mut payload = vec![0; length(&header)];
        get(pieces.read_exact(&mut payload), "the payload");
        assert_eq!(payload, b"hello", "cut at {cut}");
    }
}

/// [SH-10] A clean end and a torn frame are the same error, and the buffer may
/// be half filled.
#[test]
fn read_exact_does_not_tell_a_clean_end_from_a_torn_frame() {
    let after = |bytes: &[u8]| {
        let (mut reader, mut writer) = get(pipe(), "pipe");
        get(writer.write_all(bytes), "write");
        drop(writer);
        let mut header = [0xee; 4];
        let error = reader.read_exact(&mut header).map_err(|e| e.kind());
        (error, header)
    };
    let (clean, untouched) = after(b"");
    assert_eq!(clean, Err(ErrorKind::UnexpectedEof));
    assert_eq!(untouched, [0xee; 4]);
    let (torn, _unspecified) = after(b"\x05\0");
    assert_eq!(torn, clean);
}

/// [SH-04] A pipe has no borders, unless it is asked for packets, which Linux
/// gives up to `PIPE_BUF` bytes each: on a FIFO by fcntl alone.
#[cfg(target_os = "linux")]
#[test]
fn a_fifo_in_packet_mode_keeps_the_borders_of_short_messages() {
    use harness::Home;
    use harness::experiment::skipped;
    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
    use nix::sys::stat::Mode;
    use nix::unistd::{mkfifo, read, write};

    const EMPTY: nix::Result<usize> = Err(Errno::EAGAIN);
    const TWO: (nix::Result<usize>, nix::Result<usize>) = (Ok(3), Ok(5));
    let home = Home::fresh();
    let path = home.path().join("fifo");
    get(mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
    let opened = |how| get(open(&path, how, Mode::empty()), "open");
    let reader = opened(OFlag::O_RDONLY | OFlag::O_NONBLOCK);
    let writer = opened(OFlag::O_WRONLY);
    let sizes_of_reads = || -> Vec<nix::Result<usize>> {
        (0..3).map(|_| read(&reader, &mut [0; 64])).collect()
    };
    assert_eq!((write(&writer, b"one"), write(&writer, b"three")), TWO);
    assert_eq!(sizes_of_reads(), [Ok(8), EMPTY, EMPTY], "a stream");
    let packets = fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_DIRECT));
    if packets == Err(Errno::EINVAL) {
        skipped("this kernel has no packets on a FIFO");
        return;
    }
    assert_eq!((write(&writer, b"one"), write(&writer, b"three")), TWO);
    assert_eq!(sizes_of_reads(), [Ok(3), Ok(5), EMPTY], "packets");
}
