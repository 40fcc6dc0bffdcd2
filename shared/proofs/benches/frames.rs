//! How fast frames go through a pipe, between two processes, and how that
//! compares: with plain writes of 64 KiB, and with tokio-util's framing.
//!
//! Run it: `cargo bench -p proofs --bench frames`, or with payload sizes:
//! `cargo bench -p proofs --bench frames -- 16 1024`.
//!
//! A figure alone says as much about the machine and the moment as about the
//! code. So every way is run in every round, first in order and then
//! backwards, and what counts is the ratio WITHIN a round: A B B A. Where the
//! rounds disagree, the program says so and draws no conclusion. And it says
//! on which CPUs the two processes run, which matters more than all the rest.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use shared::pin;

#[path = "frames/allocations.rs"]
mod allocations;
#[path = "frames/duel.rs"]
mod duel;
#[path = "frames/ping_pong.rs"]
mod ping_pong;
#[path = "frames/ratio.rs"]
mod ratio;
#[path = "frames/stream.rs"]
mod stream;
#[path = "frames/tokios.rs"]
mod tokios;
#[path = "frames/ways.rs"]
mod ways;

use ratio::Verdicts;

/// Why a measurement could not be made.
type Failed = Box<dyn Error>;

/// Payloads in bytes: a number, a line of text, and powers of two around the
/// size of a page and of a pipe.
const PAYLOADS: [usize; 7] =
    [16, 100, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 20];

fn main() -> ExitCode {
    // Cargo says `--bench` to a program that it runs as one.
    let words: Vec<String> =
        env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let answer = match words[..] {
        ["send", way, length, count, cpu] => {
            stream::sender(way, length, count, cpu)
        }
        ["pong", way, home, count, cpu] => {
            ping_pong::pong(way, home, count, cpu)
        }
        _ => measure(&words),
    };
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("frames: {e}");
            ExitCode::FAILURE
        }
    }
}

fn measure(words: &[&str]) -> Result<(), Failed> {
    let payloads = match words {
        [] => PAYLOADS.to_vec(),
        words => words.iter().map(|w| w.parse()).collect::<Result<_, _>>()?,
    };
    let cpus = pin::allowed();
    let (Some(&first), Some(&last)) = (cpus.first(), cpus.last()) else {
        return Err("this system does not let a program choose its CPU".into());
    };
    println!("Both processes on CPU {last}");
    let mut verdicts = Verdicts::new();
    stream::measure(&payloads, last, last, &mut verdicts)?;
    ping_pong::measure(last, last, &mut verdicts)?;
    if first == last {
        println!("\nThis program may use one CPU only.");
    } else {
        println!("\nThe sender on CPU {first}, the receiver on CPU {last}");
        let mut other = Verdicts::new();
        stream::measure(&payloads, first, last, &mut other)?;
        ping_pong::measure(first, last, &mut other)?;
    }
    println!("\nOn one CPU, what this course promises of its frames");
    verdicts.print();
    Ok(())
}
