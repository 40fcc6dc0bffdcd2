//! The other program: it sends a stream when it is told to go, or answers
//! what comes.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{Duration, Instant};

use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use shared::frame::{FrameError, FrameReader, FrameWriter};
use shared::stop::{Named, Stop};

use crate::arrived::NUMBER;
use crate::ways::{Goes, Way};

/// Twice what a pipe holds at first: while one half of a batch is read, the
/// other one waits in write.
pub(crate) const BATCH: usize = 128 * 1024;

/// The clock is looked at once in so many messages. A look costs as much as
/// sending a short message in a batch.
const BETWEEN_LOOKS: u64 = 64;

const WORDS: [(Goes, &str); 3] = [
    (Goes::OneByOne, "one-by-one"),
    (Goes::Gathered, "gathered"),
    (Goes::ThereAndBack, "there-and-back"),
];

/// What it is told on its command line, after the FIFOs.
pub(crate) fn order(way: &Way, time: Duration) -> Vec<OsString> {
    let how = WORDS.iter().find(|(goes, _)| *goes == way.goes);
    let how = how.map_or("", |(_, word)| word).to_string();
    let (bytes, time) = (way.payload.to_string(), time.as_millis().to_string());
    [how, bytes, time].map(OsString::from).into()
}

/// The whole of its life.
pub(crate) fn plays(
    there: &OsStr,
    back: &OsStr,
    how: &OsStr,
    numbers: [&OsString; 2],
) -> Result<(), Stop> {
    let [payload, time] = numbers.map(|word| word.to_str()?.parse().ok());
    let how = WORDS.iter().find(|(_, word)| how == *word);
    let (Some((goes, _)), Some(payload), Some(time)) = (how, payload, time)
    else {
        let words = WORDS.map(|(_, word)| word).join(", ");
        let usage = format!("HOW is one of {words}; BYTES and MS are numbers");
        return Err(Stop::Usage(usage));
    };
    if payload <= NUMBER {
        let least = NUMBER + 1;
        return Err(Stop::Usage(format!("BYTES is {least} or more")));
    }

    // In the same order as the other side.
    let there = fifo::open(Path::new(there), OFlag::O_RDONLY)?;
    let back = fifo::open(Path::new(back), OFlag::O_WRONLY)?;
    let mut asked = FrameReader::new(there);
    let mut frames = FrameWriter::new(back);
    if *goes == Goes::ThereAndBack {
        while let Some(message) = asked.recv().named("recv")? {
            frames.send(message).named("send")?;
        }
        return Ok(());
    }
    asked.recv().named("recv")?;
    let time = Duration::from_millis(time as u64);
    if *goes == Goes::OneByOne {
        return send_all(payload, time, |frame| frames.send(frame));
    }
    let mut batch = FrameWriter::batched(frames.get_ref(), BATCH);
    send_all(payload, time, |frame| batch.send(frame))?;
    // Dropped without it, the batch could not say that it failed.
    batch.flush().named("flush")
}

/// Numbered messages for so long, and how many there were.
fn send_all(
    payload: usize,
    time: Duration,
    mut send: impl FnMut(&[u8]) -> Result<(), FrameError>,
) -> Result<(), Stop> {
    let (mut message, mut number) = (vec![0; payload], 0_u64);
    let begun = Instant::now();
    // One at least, whoever gets the CPU in between.
    while number == 0 || number % BETWEEN_LOOKS != 0 || begun.elapsed() < time {
        message[..NUMBER].copy_from_slice(&number.to_le_bytes());
        send(&message).named("send")?;
        number += 1;
    }
    send(&number.to_le_bytes()).named("send")
}
