//! A solution of the exercise in starter.rs: a frame with a checksum.

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

/// FNV-1a. A change of one byte always shows: each step takes different sums
/// to different sums. Of other changes one in 2^32 goes unnoticed, and of
/// those that somebody makes on purpose, any: it is no signature.
fn checksum(payload: &[u8]) -> u32 {
    payload.iter().fold(0x811c_9dc5, |sum: u32, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// What goes into the frame.
fn sealed(payload: &[u8]) -> Vec<u8> {
    [&checksum(payload).to_le_bytes(), payload].concat()
}

/// The payload, if it is what was sealed, and else nothing. A frame may also
/// be too short to hold a checksum: its bytes are a stranger's.
fn opened(frame: &[u8]) -> Option<&[u8]> {
    let (sum, payload) = frame.split_first_chunk()?;
    (u32::from_le_bytes(*sum) == checksum(payload)).then_some(payload)
}
