//! The figures, as they are handed over.

use shared::stop::Stop;

/// What stands in one line.
pub(crate) enum Thing {
    Group { title: String },
    Bar { label: String, words: String, two_cpus: bool, rates: [f64; 3] },
    Mark { label: String, words: String, rate: f64 },
    Why(String),
    Note(String),
}

/// All of them, or what is wrong. Where the measuring was ended, the figures
/// end, too, and half of them are none.
pub(crate) fn parse(lines: &str) -> Result<Vec<Thing>, Stop> {
    let Some(lines) = lines.strip_suffix("end\n") else {
        return Err(Stop::Failed("no chart: the figures are not whole".into()));
    };
    let things = lines.lines().map(|line| {
        thing(line).ok_or_else(|| Stop::Failed(format!("what is {line:?}?")))
    });
    things.collect()
}

fn thing(line: &str) -> Option<Thing> {
    let rate = |cell: &str| {
        let rate: f64 = cell.parse().ok()?;
        (rate.is_finite() && rate > 0.0).then_some(rate)
    };
    let cells: Vec<&str> = line.split('\t').collect();
    Some(match cells[..] {
        ["group", title] => Thing::Group { title: title.into() },
        ["bar", label, words, cpus, low, median, high] => Thing::Bar {
            label: label.into(),
            words: words.into(),
            two_cpus: cpus == "2",
            rates: [rate(low)?, rate(median)?, rate(high)?],
        },
        ["mark", label, words, number] => Thing::Mark {
            label: label.into(),
            words: words.into(),
            rate: rate(number)?,
        },
        ["why", sentence] => Thing::Why(sentence.into()),
        ["note", sentence] => Thing::Note(sentence.into()),
        _ => return None,
    })
}
