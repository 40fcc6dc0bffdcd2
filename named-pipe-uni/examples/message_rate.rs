//! How many messages a second go through a FIFO, and why? Short ones and long
//! ones, one by one and gathered, on one CPU and on two, and with an answer to
//! each.
//!
//! What you will see: bars, measured here and now, all on one scale, and for
//! each group of them one sentence of why. Among them a figure that an article
//! is proud of. One program sends numbered frames, another one looks at the
//! length and the number of each.
//!
//! Run it: `cargo run --release -p named-pipe-uni --example message_rate`; with
//! `-- --svg FILE` it makes a chart for slides, too. Man pages: fifo(7),
//! pipe(7), `sched_setaffinity(2)`. Claim: [NU-67].

use std::process::ExitCode;
use std::time::Duration;

use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::rounds::{Quartiles, fitted};
use shared::stop::Stop;
use shared::table::Table;
use shared::{deadline, picture};

#[path = "message_rate/arrived.rs"]
mod arrived;
#[path = "message_rate/chart.rs"]
mod chart;
#[path = "message_rate/figure.rs"]
mod figure;
#[path = "message_rate/partner.rs"]
mod partner;
#[path = "message_rate/pipe_size.rs"]
mod pipe_size;
#[path = "message_rate/place.rs"]
mod place;
#[path = "message_rate/trip.rs"]
mod trip;
#[path = "message_rate/ways.rs"]
mod ways;

use chart::Chart;
use figure::{ARTICLE, UNSURE, Unsure, in_words};
use place::Place;
use trip::trip;
use ways::Group;

fn main() -> ExitCode {
    let about = About {
        shows: "How many messages a second go through a FIFO, and why",
        ..shared::about!(
            "partner THERE BACK HOW BYTES MS": "be only the other program",
            "--svg FILE": "draw the bars into FILE, too",
            "--quick": "one short round, to try it: no figures to keep"
        )
    };
    cli::run_asked(&about, |tell, asked| {
        match asked.words.as_slice() {
            [] => {}
            [role, there, back, how, bytes, time] if role == "partner" => {
                return partner::plays(there, back, how, [bytes, time]);
            }
            words => return Err(cli::refuse(&about, words)),
        }
        let chart = asked.value("--svg").map(Chart::begin).transpose()?;
        let (rounds, milliseconds) =
            if asked.has("--quick") { (1, 1) } else { (15, 50) };
        let time = Duration::from_millis(milliseconds);

        tell.step("Two programs, and a FIFO for each direction")?;
        let place = Place::settle(tell)?;
        let mut groups = ways::groups(&place);
        measure(tell, &place, &mut groups, rounds, time)?;
        for group in &groups {
            show(tell, group, ways::longest(&groups))?;
        }
        tell.step("What was measured in the article")?;
        tell.say(ARTICLE.why);
        chart.map_or(Ok(()), |chart| chart.draw(tell, &groups))
    })
}

/// All the ways in turn, round by round: when the machine has other work for a
/// while, it has it for all of them.
fn measure(
    tell: &mut Narrator,
    place: &Place,
    groups: &mut [Group],
    rounds: usize,
    time: Duration,
) -> Result<(), Stop> {
    let milliseconds = time.as_millis();
    tell.say(format!("Each bar: {rounds} x {milliseconds} ms, in turn."));
    tell.say("Each message: its length and number are looked at.");
    for round in 1..=rounds {
        for way in groups.iter_mut().flat_map(|group| &mut group.ways) {
            if way.left_out.is_none() {
                let label = &way.label;
                tell.meanwhile(format!("round {round} of {rounds}: {label}"));
                tell.still_heard()?;
                deadline::arm();
                way.rates.push(trip(way, place, time)?);
            }
        }
    }
    Ok(())
}

/// The median of each way, how far from it the quartiles are (half of the
/// rounds lie between them), and a bar.
fn show(tell: &mut Narrator, group: &Group, longest: f64) -> Result<(), Stop> {
    tell.step(group.title)?;
    // What is left of a line of the terminal is for the bars.
    let room = tell.room().saturating_sub(50).max(1);
    let columns = [("", 21), ("messages/s", 11), ("quartiles", 12), ("", room)];
    let table = Table::new(tell, columns);
    let row = |tell: &mut Narrator, label: &str, rate: f64, sure: &str| {
        let words = format!("{:>11}", in_words(rate));
        let bar = picture::bar(rate / longest, room);
        table.row(tell, [label, &words, sure, &bar]);
    };
    let mut unsure = false;
    for way in &group.ways {
        if let Some(why) = &way.left_out {
            tell.say(format!("{:<21}  left out: {why}", way.label));
            continue;
        }
        let figures = way.quartiles();
        let Quartiles { low, median, high } = figures;
        let part = |quartile| 100.0 * (quartile / median - 1.0);
        let mark = if figures.unsure() { "?" } else { "" };
        let high = fitted(part(high), 0, 4);
        let sure = format!("{:+.0} +{high} %{mark}", part(low));
        row(tell, &way.label, median, &sure);
        unsure |= figures.unsure();
    }
    if group.has_article {
        row(tell, ARTICLE.label, ARTICLE.rate, "elsewhere");
    }
    if unsure {
        tell.say(UNSURE);
    }
    tell.say(group.why);
    Ok(())
}
