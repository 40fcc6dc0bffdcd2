//! One way: a sender as fast as it can, and a receiver that wants it all.

use std::env;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use shared::pin;

use super::duel::{number, rounds};
use super::ratio::{Quartiles, Verdicts};
use super::ways::Way;
use super::{Failed, allocations};

/// Every way at every length, the sender and the receiver each on its CPU.
pub(crate) fn measure(
    payloads: &[usize],
    from: usize,
    to: usize,
    verdicts: &mut Verdicts,
) -> Result<(), Failed> {
    println!(
        "\n  payload  way           messages/s   GiB/s  \
         of raw   quartiles     allocated"
    );
    pin::to(to)?;
    for &length in payloads {
        let mut allocated = [0.0; Way::ALL.len()];
        let rates = rounds(&Way::ALL, |way, count| {
            let run = run(way, length, count, from)?;
            allocated[way as usize] = number(run.allocations) / number(count);
            Ok(run.took)
        })?;
        for (way, allocated) in Way::ALL.into_iter().zip(allocated) {
            let rate = Quartiles::of(rates[way as usize].clone()).median;
            let gib = rate * number(length) / number(1 << 30);
            let Quartiles { low, median, high } = Quartiles::of_ratios(
                &rates[way as usize],
                &rates[Way::Raw as usize],
            );
            println!(
                "  {:<7}  {:<11}  {rate:>11.0}  {gib:>6.2}  \
                 {median:>6.3}  [{low:.3} {high:.3}]  {allocated:>8.4}",
                bytes(length),
                way.name(),
            );
        }
        println!();
        for (ours, theirs, of_length, promised) in PROMISES {
            if of_length == length {
                let what = format!(
                    "{} / {}, {}",
                    ours.name(),
                    theirs.name(),
                    bytes(length)
                );
                let (ours, theirs) = (ours as usize, theirs as usize);
                let ratio = Quartiles::of_ratios(&rates[ours], &rates[theirs]);
                verdicts.note(&what, ratio, promised);
            }
        }
    }
    Ok(())
}

/// Who against whom, at which length, and at least how fast.
const PROMISES: [(Way, Way, usize, f64); 10] = [
    (Way::Batched, Way::Raw, 1 << 10, 0.83),
    (Way::Batched, Way::Raw, 4 << 10, 0.84),
    (Way::Batched, Way::Raw, 16 << 10, 0.87),
    (Way::Batched, Way::Tokio, 16, 7.5),
    (Way::Batched, Way::Tokio, 1 << 10, 1.5),
    (Way::SendAll, Way::Raw, 4 << 10, 0.88),
    (Way::SendAll, Way::Raw, 16 << 10, 0.88),
    (Way::SendAll, Way::Raw, 64 << 10, 0.88),
    (Way::SendAll, Way::Raw, 1 << 20, 0.88),
    (Way::Single, Way::Same, 1 << 10, 0.95),
];

struct Run {
    took: Duration,
    /// Of both processes, while the messages went through.
    allocations: usize,
}

/// One sender, started for this, and `count` messages from it.
fn run(
    way: Way,
    length: usize,
    count: usize,
    cpu: usize,
) -> Result<Run, Failed> {
    let (mut from, to) = io::pipe()?;
    let mut sender = Command::new(env::current_exe()?)
        .args(["send", way.name()])
        .args([length, count, cpu].map(|number| number.to_string()))
        .stdin(Stdio::piped())
        .stdout(to)
        .stderr(Stdio::piped())
        .spawn()?;
    // Its first byte says that it has all it needs, and ours says go.
    from.read_exact(&mut [0])?;
    let before = allocations::so_far();
    let start = Instant::now();
    if let Some(mut go) = sender.stdin.take() {
        go.write_all(b"!")?;
    }
    way.receive(from, length, count)?;
    let took = start.elapsed();
    let ours = allocations::so_far() - before;
    let said = String::from_utf8(sender.wait_with_output()?.stderr)?;
    let theirs: usize = said.trim().parse().map_err(|_| said)?;
    Ok(Run { took, allocations: ours + theirs })
}

/// The other process: its standard output is the pipe.
pub(crate) fn sender(
    way: &str,
    length: &str,
    count: &str,
    cpu: &str,
) -> Result<(), Failed> {
    pin::to(cpu.parse()?)?;
    let way = Way::named(way).ok_or("no such way")?;
    let (payload, count) = (vec![b'x'; length.parse()?], count.parse()?);
    // Not `Stdout`: that gathers lines, and would copy what is measured.
    let mut pipe = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    pipe.write_all(b"!")?;
    io::stdin().read_exact(&mut [0])?;
    let before = allocations::so_far();
    way.send(pipe, &payload, count)?;
    eprintln!("{}", allocations::so_far() - before);
    Ok(())
}

/// A length as people say it.
pub(crate) fn bytes(length: usize) -> String {
    match length {
        n if n >= 1 << 20 && n.is_multiple_of(1 << 20) => {
            format!("{} MiB", n >> 20)
        }
        n if n >= 1 << 10 && n.is_multiple_of(1 << 10) => {
            format!("{} KiB", n >> 10)
        }
        n => format!("{n} B"),
    }
}
