//! Both ways: a frame of 1 KiB there and one back, over two FIFOs. Whoever
//! has sent must wait, so each message costs two wake-ups, and no batch helps.

use std::env;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use named_pipe_uni::fifo::{self, Home};
use nix::fcntl::OFlag;
use shared::frame::{FrameReader, FrameWriter, HEADER};
use shared::pin;

use super::Failed;
use super::duel::rounds;
use super::ratio::{Quartiles, Verdicts};

const PAYLOAD: usize = 1 << 10;

/// Without frames, and with.
const WAYS: [&str; 2] = ["raw", "framed"];

pub(crate) fn measure(
    there: usize,
    here: usize,
    verdicts: &mut Verdicts,
) -> Result<(), Failed> {
    pin::to(here)?;
    let home = Home::new()?;
    let _there = fifo::make(&home.path().join("there"))?;
    let _back = fifo::make(&home.path().join("back"))?;
    let rates =
        rounds(&WAYS, |way, count| run(way, home.path(), count, there))?;
    let ratio = Quartiles::of_ratios(&rates[1], &rates[0]);
    println!("  there and back, 1 KiB each");
    for (way, rates) in WAYS.iter().zip(rates) {
        let rate = Quartiles::of(rates).median;
        println!("           {way:<11}  {rate:>11.0} round trips/s");
    }
    verdicts.note("framed / raw, there and back, 1 KiB", ratio, 0.95);
    Ok(())
}

fn run(
    way: &str,
    home: &Path,
    count: usize,
    cpu: usize,
) -> Result<Duration, Failed> {
    let mut pong = Command::new(env::current_exe()?)
        .args(["pong", way])
        .arg(home)
        .args([count, cpu].map(|number| number.to_string()))
        .stdin(Stdio::null())
        .spawn()?;
    // Each open waits for the other side: both sides in the same order.
    let to = fifo::open(&home.join("there"), OFlag::O_WRONLY)?;
    let from = fifo::open(&home.join("back"), OFlag::O_RDONLY)?;
    let start = Instant::now();
    let turns = match way {
        "raw" => ping_raw(to, from, count)?,
        _ => ping_framed(to, from, count)?,
    };
    let took = start.elapsed();
    if !pong.wait()?.success() || turns != count {
        return Err(format!("{turns} of {count} round trips").into());
    }
    Ok(took)
}

/// The other process.
pub(crate) fn pong(
    way: &str,
    home: &str,
    count: &str,
    cpu: &str,
) -> Result<(), Failed> {
    pin::to(cpu.parse()?)?;
    let (home, count) = (Path::new(home), count.parse()?);
    let from = fifo::open(&home.join("there"), OFlag::O_RDONLY)?;
    let to = fifo::open(&home.join("back"), OFlag::O_WRONLY)?;
    match way {
        "raw" => pong_raw(from, to, count),
        _ => pong_framed(from, to, count),
    }
}

fn ping_raw(
    mut to: File,
    mut from: File,
    count: usize,
) -> Result<usize, Failed> {
    let (ping, mut got) = ([b'x'; HEADER + PAYLOAD], [0; HEADER + PAYLOAD]);
    for _ in 0..count {
        to.write_all(&ping)?;
        from.read_exact(&mut got)?;
    }
    Ok(count)
}

fn pong_raw(mut from: File, mut to: File, count: usize) -> Result<(), Failed> {
    let mut got = [0; HEADER + PAYLOAD];
    for _ in 0..count {
        from.read_exact(&mut got)?;
        to.write_all(&got)?;
    }
    Ok(())
}

fn ping_framed(to: File, from: File, count: usize) -> Result<usize, Failed> {
    let (mut to, mut from) = (FrameWriter::new(to), FrameReader::new(from));
    for turn in 0..count {
        to.send(&[b'x'; PAYLOAD])?;
        if from.recv()?.is_none() {
            return Ok(turn);
        }
    }
    Ok(count)
}

fn pong_framed(from: File, to: File, count: usize) -> Result<(), Failed> {
    let (mut to, mut from) = (FrameWriter::new(to), FrameReader::new(from));
    for _ in 0..count {
        if let Some(payload) = from.recv()? {
            to.send(payload)?;
        }
    }
    Ok(())
}
