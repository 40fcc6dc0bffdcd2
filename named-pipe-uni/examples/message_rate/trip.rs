//! One trip: messages for so long, between two programs that share nothing
//! but the names of two FIFOs.

use std::ffi::OsStr;
use std::fs::File;
use std::time::{Duration, Instant};

use named_pipe_uni::fifo::{self, Home};
use nix::fcntl::OFlag;
use shared::bug;
use shared::cli;
use shared::frame::{FrameReader, FrameWriter};
use shared::stop::{Named, Stop, must};
use shared::ways_out::{ChildGuard, hold_signals};

use crate::arrived::{self, NUMBER};
use crate::partner::{self, BATCH};
use crate::pipe_size;
use crate::place::Place;
use crate::ways::{Goes, Way};

/// Where frames come many at a time, a read asks for more than a batch.
const BUFFER: usize = 2 * BATCH;

/// How many messages a second go this way, tried for so long.
pub(crate) fn trip(
    way: &Way,
    place: &Place,
    time: Duration,
) -> Result<f64, Stop> {
    let home = Home::new()?;
    let (there, back) = (home.path().join("there"), home.path().join("back"));
    let (_there, _back) = (fifo::make(&there)?, fifo::make(&back)?);
    let partner = start(way, [there.as_ref(), back.as_ref()], place, time)?;

    // Each open waits for the other side: both sides in the same order.
    let there = fifo::open(&there, OFlag::O_WRONLY)?;
    let back = fifo::open(&back, OFlag::O_RDONLY)?;
    if let Some(bytes) = way.pipe {
        for end in [&there, &back] {
            pipe_size::grow(end, bytes).named("fcntl(F_SETPIPE_SZ)")?;
        }
    }

    // Nothing moves before the first message from here: the clock is honest.
    let begun = Instant::now();
    let messages = match way.goes {
        Goes::ThereAndBack => round_trips(there, back, way.payload, time)?,
        Goes::OneByOne | Goes::Gathered => stream(there, back, way)?,
    };
    let took = begun.elapsed();

    bug::ends_well(partner)?;
    #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
    Ok(messages as f64 / took.as_secs_f64())
}

/// Starts the other program, on the CPU where it is to stay.
fn start(
    way: &Way,
    fifos: [&OsStr; 2],
    place: &Place,
    time: Duration,
) -> Result<ChildGuard, Stop> {
    place.go_to_the_other(way.two_cpus)?;
    let mut program = cli::again(&[OsStr::new("partner")])?;
    program.args(fifos).args(partner::order(way, time));
    // No signal between starting it and minding it.
    let held = hold_signals()?;
    let partner = program.spawn().named("start the other program")?;
    let partner = ChildGuard::of(&partner);
    drop(held);
    place.come_back()?;
    Ok(partner)
}

/// Says go, and takes what comes.
fn stream(there: File, back: File, way: &Way) -> Result<u64, Stop> {
    let mut frames = FrameReader::new(back);
    if way.goes == Goes::Gathered {
        frames = frames.with_buffer(BUFFER);
    }
    FrameWriter::new(there).send(b"go").named("send")?;
    arrived::all(&mut frames, way.payload)
}

/// A message there, and the same one back, before the next. After the last one
/// the other side sees the end of file.
fn round_trips(
    there: File,
    back: File,
    payload: usize,
    time: Duration,
) -> Result<u64, Stop> {
    let (mut there, mut back) =
        (FrameWriter::new(there), FrameReader::new(back));
    let (mut message, mut number) = (vec![0; payload], 0_u64);
    let begun = Instant::now();
    // One at least, whoever gets the CPU in between.
    while number == 0 || begun.elapsed() < time {
        message[..NUMBER].copy_from_slice(&number.to_le_bytes());
        there.send(&message).named("send")?;
        let same = back.recv().named("recv")? == Some(&message[..]);
        must(same, "what comes back is what was sent")?;
        number += 1;
    }
    Ok(number)
}
