//! The chart: bars from left to right, all on one scale, on white, so that it
//! is read as well on a dark page.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::figures::Thing;

const WIDTH: u32 = 860;
/// Labels end here, words here, and bars begin; the longest ends here.
const LABELS: i32 = 190;
const WORDS: i32 = 278;
const BARS: i32 = 290;
const LONGEST: i32 = 840;
/// How high a line is, a bar in it, and what is left above a group.
const LINE: i32 = 22;
const BAR: i32 = 14;
const GAP: i32 = 14;
/// Characters of a sentence that fit into a line, in any usual font.
const SENTENCE: usize = 116;

const ONE_CPU: RGBColor = RGBColor(0x2b, 0x6c, 0xb0);
const TWO_CPUS: RGBColor = RGBColor(0xd9, 0x7a, 0x1a);
const ELSEWHERE: RGBColor = RGBColor(0xb0, 0x20, 0x60);
const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const PALE: RGBColor = RGBColor(0x55, 0x55, 0x55);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), Box<dyn Error>>;

/// The whole chart, as SVG.
pub(crate) fn draw(things: &[Thing]) -> Result<String, Box<dyn Error>> {
    let rates = things.iter().map(|thing| match thing {
        Thing::Bar { rates, .. } => rates[2],
        Thing::Mark { rate, .. } => *rate,
        _ => 0.0,
    });
    let longest = rates.fold(1.0, f64::max);
    // Beside every bar: what they are all compared with.
    let marks = things.iter().filter_map(|thing| match thing {
        Thing::Mark { rate, .. } => Some(*rate),
        _ => None,
    });
    let scale = |rate: f64| BARS + pixels(rate / longest);
    let heights = things.iter().map(height);
    let height = 2 * LINE + heights.sum::<i32>() + LINE;

    let mut svg = String::new();
    let size = (WIDTH, height.unsigned_abs());
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    area.fill(&WHITE)?;
    legend(&area)?;
    let mut y = 2 * LINE;
    for thing in things {
        match thing {
            Thing::Group { title } => {
                let bold = ("sans-serif", 18).into_font();
                let bold = bold.style(FontStyle::Bold).color(&INK);
                area.draw_text(title, &bold, (20, y + GAP))?;
            }
            Thing::Bar { label, words, two_cpus, rates } => {
                let colour = if *two_cpus { TWO_CPUS } else { ONE_CPU };
                row(&area, y, label, words)?;
                let [low, median, high] = rates.map(scale);
                bar(&area, y, median, colour.filled())?;
                let (from, to) = ((low, y + LINE / 2), (high, y + LINE / 2));
                let line = PathElement::new([from, to], INK.stroke_width(2));
                area.draw(&line)?;
            }
            Thing::Mark { label, words, rate } => {
                row(&area, y, label, words)?;
                bar(&area, y, scale(*rate), ELSEWHERE.stroke_width(1))?;
            }
            Thing::Why(sentence) | Thing::Note(sentence) => {
                for (at, line) in (0..).zip(broken(sentence)) {
                    text(&area, &line, (20, y + 3 + 17 * at))?;
                }
            }
        }
        if matches!(thing, Thing::Bar { .. } | Thing::Mark { .. }) {
            for mark in marks.clone() {
                dashes(&area, y, scale(mark))?;
            }
        }
        y += self::height(thing);
    }
    area.present()?;
    drop(area);
    Ok(svg)
}

fn height(thing: &Thing) -> i32 {
    match thing {
        Thing::Group { .. } => GAP + LINE,
        Thing::Bar { .. } | Thing::Mark { .. } => LINE,
        Thing::Why(sentence) | Thing::Note(sentence) => {
            let lines = i32::try_from(broken(sentence).len());
            17 * lines.unwrap_or(1) + 4
        }
    }
}

/// What the colours are.
fn legend(area: &Area<'_>) -> Drawn {
    let large = ("sans-serif", 20).into_font().style(FontStyle::Bold);
    let title = "Messages a second through a FIFO";
    area.draw_text(title, &large.color(&INK), (20, 14))?;
    let entries = [("one CPU", ONE_CPU, 400), ("two CPUs", TWO_CPUS, 490)];
    for (words, colour, x) in entries {
        let square = [(x, 16), (x + 12, 28)];
        area.draw(&Rectangle::new(square, colour.filled()))?;
        text(area, words, (x + 18, 15))?;
    }
    let line = PathElement::new([(588, 22), (604, 22)], INK.stroke_width(2));
    area.draw(&line)?;
    text(area, "half of the rounds", (610, 15))
}

fn row(area: &Area<'_>, y: i32, label: &str, words: &str) -> Drawn {
    let right = Pos::new(HPos::Right, VPos::Center);
    let style = ("sans-serif", 15).into_font().color(&INK).pos(right);
    area.draw_text(label, &style, (LABELS, y + LINE / 2))?;
    area.draw_text(words, &style, (WORDS, y + LINE / 2))?;
    Ok(())
}

fn bar(area: &Area<'_>, y: i32, end: i32, style: ShapeStyle) -> Drawn {
    let top = y + (LINE - BAR) / 2;
    // However short: it is never nothing.
    let corners = [(BARS, top), (end.max(BARS + 1), top + BAR)];
    area.draw(&Rectangle::new(corners, style))?;
    Ok(())
}

/// On the bars as well as between them.
fn dashes(area: &Area<'_>, y: i32, x: i32) -> Drawn {
    for from in (y..y + LINE).step_by(6) {
        let (begin, end) = ((x, from), (x, from + 3));
        let line = PathElement::new([begin, end], ELSEWHERE.stroke_width(2));
        area.draw(&line)?;
    }
    Ok(())
}

fn text(area: &Area<'_>, words: &str, at: (i32, i32)) -> Drawn {
    let style = ("sans-serif", 15).into_font().color(&PALE);
    area.draw_text(words, &style, at)?;
    Ok(())
}

fn pixels(share: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "within the chart")]
    let pixels = (share * f64::from(LONGEST - BARS)).round() as i32;
    pixels
}

/// A sentence in lines.
fn broken(sentence: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in sentence.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < SENTENCE => {
                let gap = if line.is_empty() { "" } else { " " };
                line.extend([gap, word]);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}
