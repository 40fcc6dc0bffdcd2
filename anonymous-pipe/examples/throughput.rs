//! How fast can a pipe be? A ladder of seven rungs, each the one before it but
//! for one thing: larger writes, a larger pipe, pages lent instead of copied.
//!
//! What you will see: each rung's GiB/s, as measured here and now, and what it
//! is faster by than the rung before. One process writes, another one reads,
//! and holds what arrives against what was sent. What a system or a user's
//! limits refuse is said, and the ladder goes on without it.
//!
//! Run it: `cargo run --release -p anonymous-pipe --example throughput`; with
//! `-- --two-cpus` writer and reader work at once. Man pages: pipe(7),
//! vmsplice(2), splice(2), madvise(2), `sched_setaffinity(2)`.

use std::process::ExitCode;
use std::time::Duration;

use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::rounds::{Quartiles, fitted};
use shared::stop::Stop;
use shared::table::Table;
use shared::{deadline, picture};

#[cfg(not(target_os = "linux"))]
#[path = "throughput/elsewhere.rs"]
mod further;
#[cfg(target_os = "linux")]
#[path = "throughput/linux.rs"]
mod further;
#[path = "throughput/pattern.rs"]
mod pattern;
#[path = "throughput/place.rs"]
mod place;
#[path = "throughput/rounds.rs"]
mod rounds;
#[path = "throughput/rungs.rs"]
mod rungs;
#[path = "throughput/source.rs"]
mod source;
#[path = "throughput/tried.rs"]
mod tried;
#[path = "throughput/trip.rs"]
mod trip;

use pattern::Look;
use rounds::gib_per_second;
use tried::{Trips, try_each};
use trip::{Reader, trip};

fn main() -> ExitCode {
    let about = shared::about!(
        "--two-cpus": "writer and reader work at once, on a CPU each",
        "--quick": "one short round, to try it: no figures to keep"
    );
    let shows = "How fast a pipe can be, rung by rung";
    cli::run_asked(&About { shows, ..about }, |tell, asked| {
        let (rounds, milliseconds) =
            if asked.has("--quick") { (1, 1) } else { (15, 40) };
        let mut reader = Reader::new()?;
        reader.cpu = place::settle(tell, asked.has("--two-cpus"))?;
        let goal = Duration::from_millis(milliseconds);
        let mut trips = try_each(tell, &mut reader, goal)?;
        measure(tell, &mut reader, &mut trips, rounds)
    })
}

/// The rungs in turn, round by round: when the machine is slow for a while, it
/// is slow for all of them.
fn measure(
    tell: &mut Narrator,
    reader: &mut Reader,
    trips: &mut [Trips],
    rounds: usize,
) -> Result<(), Stop> {
    tell.step(&format!("The ladder: {rounds} rounds, the rungs in turn"))?;
    for round in 1..=rounds {
        let mut before = None;
        for it in &mut *trips {
            let name = it.rung.name;
            tell.meanwhile(format!("round {round} of {rounds}: {name}"));
            tell.still_heard()?;
            deadline::arm();
            let (rung, bytes) = (&it.rung, it.source.bytes);
            let took = trip(rung, bytes, reader, it.bytes, Look::AtSome)?;
            let speed = gib_per_second(it.bytes, took);
            it.speeds.push(speed);
            it.bought.extend(before.map(|before| speed / before));
            before = Some(speed);
        }
    }
    show(tell, trips);
    Ok(())
}

/// The median of each rung, between the quartiles: half of the rounds lie
/// there. What a rung has bought is the median of what it was in each round,
/// so it stays true on a machine that has other work to do.
fn show(tell: &mut Narrator, trips: &[Trips]) {
    // What is left of a line of the terminal is for the bars.
    let room = tell.room().saturating_sub(47).max(1);
    let columns = [
        ("rung", 14),
        ("GiB/s", 6),
        ("quartiles", 13),
        ("bought", 6),
        ("", room),
    ];
    let table = Table::new(tell, columns);
    let quartiles = |rounds: &[f64]| Quartiles::of(rounds.to_vec());
    let medians = trips.iter().map(|it| quartiles(&it.speeds).median);
    let fastest = medians.fold(0.0, f64::max);
    for it in trips {
        let Quartiles { low, median: speed, high } = quartiles(&it.speeds);
        let [low, middle, high] =
            [low, speed, high].map(|speed| fitted(speed, 2, 5));
        let bought = fitted(quartiles(&it.bought).median, 1, 5);
        let bought = format!("x{bought}");
        let bought = if it.bought.is_empty() { "" } else { &bought };
        table.row(
            tell,
            [
                it.rung.name,
                &format!("{middle:>6}"),
                &format!("{:>13}", format!("{low}..{high}")),
                &format!("{bought:>6}"),
                &picture::bar(speed / fastest, room),
            ],
        );
    }
    tell.say("bought: so many times as fast as the rung before.");
    tell.say("From vmsplice on the bytes are lent: nobody may change them.");
    tell.say("From splice on nobody looks at them: they go to /dev/null.");
}
