//! A frame with a checksum, as exercises/checksum/starter.rs asks for it.

use harness::exercise::Exercise;
use harness::{Outcome, Program, get};
use shared::frame::HEADER;
use shared::narrate::hex;

const CHECKSUM: Exercise = harness::exercise!("checksum");

/// What the program sends, bytes as they are.
fn sent(program: &str, words: &str) -> Vec<u8> {
    let program = harness::quoted(program);
    let line = format!("{program} send {words} | od -An -v -tx1");
    let dump = Program::new("sh").args(&["-c", &line]).run().well().stdout;
    let bytes = dump.split_whitespace().map(|b| u8::from_str_radix(b, 16));
    get(bytes.collect(), dump)
}

fn received(program: &str, bytes: &[u8]) -> Outcome {
    Program::new(program).arg("recv").input(bytes).run()
}

/// With a sentence and status 1, not with a panic.
fn refuses(program: &str, what: &str, bytes: &[u8]) {
    let ended = received(program, bytes);
    let noticed = ended.stderr.contains("a frame changed on its way");
    let noticed = noticed && ended.shell_status() == 1;
    assert!(noticed, "{what}, and recv does not say so: {ended:?}");
}

const FOOBAR: &[u8] = b"\x0a\0\0\0\x68\xf9\x9c\xbffoobar";
const NOTHING: &[u8] = b"\x04\0\0\0\xc5\x9d\x1c\x81";

#[test]
fn a_frame_is_a_length_a_checksum_and_a_payload() {
    CHECKSUM.check(|program| {
        assert_eq!(hex(&sent(program, "foobar")), hex(FOOBAR));
    });
}

#[test]
fn frames_arrive_one_by_one_and_an_empty_one_is_a_frame() {
    CHECKSUM.check(|program| {
        let bytes = [FOOBAR, NOTHING, FOOBAR].concat();
        let shown = received(program, &bytes).well().stdout;
        let lines: Vec<_> = shown.lines().map(str::trim).collect();
        assert_eq!(lines, ["\"foobar\"", "\"\"", "\"foobar\""]);
    });
}

#[test]
fn a_changed_byte_is_noticed_wherever_it_stands() {
    CHECKSUM.check(|program| {
        let frame = sent(program, "hello");
        for at in HEADER..frame.len() {
            let mut changed = frame.clone();
            changed[at] ^= 1;
            refuses(program, &format!("byte {at} changed"), &changed);
        }
    });
}

/// A mere sum of the bytes does not notice it.
#[test]
fn two_bytes_that_change_places_are_noticed() {
    CHECKSUM.check(|program| {
        let mut changed = sent(program, "hello");
        let last = changed.len() - 1;
        changed.swap(last, last - 4);
        refuses(program, "h and o changed places", &changed);
    });
}

/// Whoever sends may send anything.
#[test]
fn a_frame_that_is_too_short_for_a_checksum_is_no_panic() {
    CHECKSUM.check(|program| {
        for short in [&b"\x03\0\0\0hey"[..], b"\0\0\0\0"] {
            let what = format!("{} bytes in a frame", short.len() - HEADER);
            refuses(program, &what, short);
        }
    });
}
