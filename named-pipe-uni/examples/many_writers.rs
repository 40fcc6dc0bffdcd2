//! Many writers, one FIFO, one reader: how many messages arrive per second?
//! And does each arrive whole?
//!
//! What you will see: a curve, from 1 writer to 64, each a process of its own.
//! Every message has its writer, its number, and bytes that can be checked;
//! the reader checks them all: none torn, none lost, each writer's in order.
//!
//! Run it: `cargo run --release -p named-pipe-uni --example many_writers`; with
//! `-- --two-cpus` the writers have one CPU, and the reader has another. Man
//! pages: fifo(7), pipe(7), "`PIPE_BUF`". Claims: [FP-29] [SH-13].

use std::ffi::OsStr;
use std::process::ExitCode;

use nix::sys::resource::{UsageWho, getrusage};
use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::rounds::{Quartiles, fitted};
use shared::stop::{Named, Stop};
use shared::table::Table;
use shared::{deadline, picture};

#[path = "many_writers/message.rs"]
mod message;
#[path = "many_writers/place.rs"]
mod place;
#[path = "many_writers/run.rs"]
mod run;
#[path = "many_writers/writer.rs"]
mod writer;

use message::LONGEST;
use place::Place;

/// So many writers, and what each round said.
struct Point {
    writers: u32,
    /// Messages per second, of all writers together.
    speeds: Vec<f64>,
    /// How often a writer had to wait, in all rounds.
    waits: f64,
}

fn main() -> ExitCode {
    let about = shared::about!(
        "writer PATH ID MESSAGES": "be only one of the writers",
        "--two-cpus": "the writers on one CPU, the reader on another",
        "--quick": "one short round, to try it: no figures to keep"
    );
    let shows = "How many messages many writers get through one FIFO";
    let about = About { shows, ..about };
    cli::run_asked(&about, |tell, asked| match &asked.words[..] {
        [] => {
            let quick = asked.has("--quick");
            let (rounds, messages) = if quick { (1, 512) } else { (9, 16384) };
            tell.step("Many processes, and where they run")?;
            let place = Place::settle(tell, asked.has("--two-cpus"))?;
            tell.step("N writers, one FIFO, one reader")?;
            measure(tell, &place, rounds, messages)
        }
        [role, words @ ..] if role == OsStr::new("writer") => {
            writer::writes(words)
        }
        words => Err(cli::refuse(&about, words)),
    })
}

/// All points in turn, round by round: when the machine is slow for a while,
/// it is slow for all of them.
fn measure(
    tell: &mut Narrator,
    place: &Place,
    rounds: u32,
    messages: u32,
) -> Result<(), Stop> {
    let say = format!("{messages} messages, {LONGEST} bytes or less, framed:");
    tell.say(say);
    let mut points = [1, 2, 4, 8, 16, 32, 64].map(|writers| {
        let (speeds, waits) = (Vec::new(), 0.0);
        Point { writers, speeds, waits }
    });
    for round in 1..=rounds {
        for point in &mut points {
            let writers = point.writers;
            tell.meanwhile(format!("round {round} of {rounds}: {writers}"));
            tell.still_heard()?;
            deadline::arm();
            let before = waits()?;
            let took = run::run(place, writers, messages / writers)?;
            point.waits += waits()? - before;
            point.speeds.push(f64::from(messages) / took.as_secs_f64());
        }
    }
    show(tell, &points, f64::from(messages * rounds));
    tell.say("Each arrived: whole, once, and each writer's in order.");
    Ok(())
}

/// How often the children that have ended gave up the CPU to wait.
fn waits() -> Result<f64, Stop> {
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).named("getrusage")?;
    let waits = u32::try_from(used.voluntary_context_switches());
    Ok(f64::from(waits.unwrap_or(u32::MAX)))
}

fn show(tell: &mut Narrator, points: &[Point], messages: f64) {
    // What is left of a line of the terminal is for the bars.
    let room = tell.room().saturating_sub(52).max(1);
    let columns = [
        ("writers", 7),
        ("messages/s", 10),
        ("quartiles", 16),
        ("", 1),
        ("per wait", 8),
        ("", room),
    ];
    let table = Table::new(tell, columns);
    let all = |point: &Point| Quartiles::of(point.speeds.clone());
    let unsure = |point: &Point| all(point).spread() > 0.25;
    let fastest = points.iter().map(|it| all(it).median).fold(0.0, f64::max);
    for point in points {
        let Quartiles { low, median, high } = all(point);
        let [low, middle, high] =
            [low, median, high].map(|rate| fitted(rate, 0, 7));
        let per_wait = fitted(messages / point.waits.max(1.0), 1, 8);
        table.row(
            tell,
            [
                &format!("{:>7}", point.writers),
                &format!("{middle:>10}"),
                &format!("{:>16}", format!("{low}..{high}")),
                if unsure(point) { "?" } else { "" },
                &format!("{per_wait:>8}"),
                &picture::bar(median / fastest, room),
            ],
        );
    }
    tell.say("per wait: messages for each time that a writer had to wait.");
    if points.iter().any(unsure) {
        tell.say("?: the rounds disagree by more than a quarter: try again.");
    }
}
