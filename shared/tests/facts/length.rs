//! Four bytes in front: which way round, how large, and of what.

use std::io;

use shared::frame::{FrameError, FrameReader, FrameWriter};

/// [SH-02] The same four bytes, read the other way round, are a length of two
/// hundred million.
#[test]
fn twelve_read_with_the_other_byte_order_is_201326592() {
    let bytes = 12_u32.to_le_bytes();
    assert_eq!(bytes, [0x0c, 0, 0, 0]);
    assert_eq!(u32::from_be_bytes(bytes), 12 << 24);
    // A sender that writes big-endian is noticed here by the limit alone.
    let mut reader = FrameReader::new(&b"\0\0\0\x0cHello world!"[..]);
    let wrong = FrameError::TooLarge { length: 201_326_592, limit: 1 << 20 };
    let refused = reader.recv().map_err(|e| e.to_string());
    assert_eq!(refused, Err(wrong.to_string()));
}

/// [SH-03] `as` cuts without a word. `try_from` says no.
#[test]
fn a_length_of_more_than_four_bytes_does_not_fit() {
    let length: u64 = (1 << 32) + 5;
    #[expect(clippy::cast_possible_truncation, reason = "it is the mistake")]
    let cut = length as u32;
    assert_eq!(cut, 5);
    assert!(u32::try_from(length).is_err());
    assert!(u32::try_from(-1).is_err());
    // A frame's limit is part of the same answer: refused, not cut.
    let refused = FrameWriter::new(io::sink()).with_limit(3).send(b"ping");
    assert!(matches!(refused, Err(FrameError::TooLarge { .. })));
}

/// [SH-17] A length in characters ends too early, here inside a letter, and
/// what follows is out of step.
#[test]
fn a_length_counts_bytes_and_not_characters() {
    let text = "€ naïve";
    assert_eq!((text.chars().count(), text.len()), (7, 10));
    let stream = [&[7, 0, 0, 0], text.as_bytes()].concat();
    let mut reader = FrameReader::new(&stream[..]);
    let Ok(Some(payload)) = reader.recv() else { panic!("a frame") };
    assert!(str::from_utf8(payload).is_err(), "half of a letter");
    // The other half and two letters are taken for a length.
    let torn = reader.recv();
    assert!(matches!(torn, Err(FrameError::Truncated { missing: 1 })));
}
