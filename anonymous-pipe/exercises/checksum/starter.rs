//! Build it: a frame with a checksum. A pipe delivers each byte as it was
//! written; a file, a disk or a radio may not. Put four bytes in front of each
//! payload, by which the far end notices that something has changed.
//!
//! ```text
//! 0a 00 00 00 68 f9 9c bf 66 6f 6f 62 61 72
//! ─────┬───── ─────┬───── ────────┬────────
//!  length 10   checksum       "foobar"
//! ```
//!
//! The checksum is FNV-1a: begin with `0x811c_9dc5_u32`; for each byte, XOR it
//! in, then multiply by `0x0100_0193`, and drop what overflows. It goes as the
//! length does, lowest byte first. `FrameWriter` sees to the length.
//!
//! It sends and receives by now, and notices nothing. What is to do stands at
//! the end of this file. To see how far you are:
//! `cargo test -p anonymous-pipe --test exercise`

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use shared::cli::{self, About};
use shared::frame::{FrameReader, FrameWriter};
use shared::narrate::{Narrator, quoted};
use shared::stop::{Named, Stop};

fn main() -> ExitCode {
    let about = About {
        shows: "A frame with a checksum",
        ..shared::about!(
            "send WORD...": "write each word to standard output, in a frame",
            "recv": "print the words that arrive on standard input"
        )
    };
    cli::run(&about, |tell, words| match words {
        [what, words @ ..] if what == "send" => send(words),
        [what] if what == "recv" => recv(tell),
        _ => Err(cli::refuse(&about, words)),
    })
}

fn send(words: &[OsString]) -> Result<(), Stop> {
    let mut outgoing = FrameWriter::new(io::stdout());
    for word in words {
        outgoing.send(&sealed(word.as_bytes())).named("send")?;
    }
    outgoing.flush().named("send")
}

fn recv(tell: &mut Narrator) -> Result<(), Stop> {
    let mut incoming = FrameReader::new(io::stdin());
    while let Some(frame) = incoming.recv().named("recv")? {
        let Some(payload) = opened(frame) else {
            return Err(Stop::Failed("a frame changed on its way".into()));
        };
        tell.say(quoted(payload));
    }
    Ok(())
}

/// Four bytes that depend on all the others.
fn checksum(_payload: &[u8]) -> u32 {
    // TODO: FNV-1a.
    0
}

/// What goes into the frame.
fn sealed(payload: &[u8]) -> Vec<u8> {
    // TODO: the checksum in front: `to_le_bytes`, and `concat` for slices.
    payload.to_vec()
}

/// The payload, if it is what was sealed, and else nothing.
fn opened(frame: &[u8]) -> Option<&[u8]> {
    // TODO: take the checksum off: `split_first_chunk`.
    let (sum, payload) = (0, frame);
    (sum == checksum(payload)).then_some(payload)
}
