//! The curves, drawn: a row for each point.

use shared::narrate::Narrator;
use shared::picture;
use shared::rounds::{Quartiles, fitted};
use shared::table::Table;

use super::Point;

/// The median of each point, between the quartiles: half of the rounds lie
/// there.
pub(crate) fn show(tell: &mut Narrator, points: &[Point<'_>]) {
    // What is left of a line of the terminal is for the bars.
    let room = tell.room().saturating_sub(43).max(1);
    let columns = [
        ("way", 5),
        ("pipes", 5),
        ("ns", 6),
        ("quartiles", 14),
        ("", 1),
        ("", room),
    ];
    let table = Table::new(tell, columns);
    let all = |point: &Point<'_>| Quartiles::of(point.rounds.clone());
    let unsure = |point: &Point<'_>| all(point).spread() > 0.25;
    let longest = points.iter().map(|it| all(it).median).fold(0.0, f64::max);
    for point in points {
        let Quartiles { low, median, high } = all(point);
        let [low, middle, high] =
            [low, median, high].map(|ns| fitted(ns, 0, 6));
        table.row(
            tell,
            [
                point.way,
                &format!("{:>5}", point.pipes.len()),
                &format!("{middle:>6}"),
                &format!("{:>14}", format!("{low}..{high}")),
                if unsure(point) { "?" } else { "" },
                &picture::bar(median / longest, room),
            ],
        );
    }
    for point in points.chunk_by(|point, next| point.way == next.way) {
        let [one, .., most] = point else { continue };
        let times = Quartiles::of_ratios(&most.rounds, &one.rounds).median;
        let (pipes, way) = (most.pipes.len(), most.way);
        tell.say(format!("{way}, {pipes} pipes: {times:.1} times 1 pipe."));
    }
    if points.iter().any(unsure) {
        tell.say("?: the rounds disagree by more than a quarter: try again.");
    }
}
