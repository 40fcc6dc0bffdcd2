//! Rounds in which every contestant runs twice, in order and backwards.

use std::time::Duration;

use super::Failed;

/// How long one run is to take: long enough that its start does not count,
/// short enough that the machine is the same for all runs of a round.
const LENGTH: Duration = Duration::from_millis(8);

/// An odd number, so that one round is the median.
const ROUNDS: usize = 9;

/// One contestant's rounds: how many messages it got through a second.
pub(crate) type Rates = Vec<f64>;

/// Runs all of them, round by round. `run` takes a contestant and how many
/// messages, and says how long that took.
pub(crate) fn rounds<C: Copy>(
    contestants: &[C],
    mut run: impl FnMut(C, usize) -> Result<Duration, Failed>,
) -> Result<Vec<Rates>, Failed> {
    let mut counts = Vec::new();
    for &contestant in contestants {
        counts.push(enough(|count| run(contestant, count))?);
    }
    let mut rates = vec![Rates::new(); contestants.len()];
    for _ in 0..ROUNDS {
        let mut took = vec![Duration::ZERO; contestants.len()];
        let forth = 0..contestants.len();
        for i in forth.clone().chain(forth.rev()) {
            took[i] += run(contestants[i], counts[i])?;
        }
        for ((rates, took), count) in rates.iter_mut().zip(took).zip(&counts) {
            rates.push(2.0 * number(*count) / took.as_secs_f64());
        }
    }
    Ok(rates)
}

/// How many messages take about as long as a run is to be.
fn enough(
    mut run: impl FnMut(usize) -> Result<Duration, Failed>,
) -> Result<usize, Failed> {
    let mut count = 16;
    loop {
        // Whatever else the machine does can only make a run longer.
        let took = run(count)?.min(run(count)?);
        if took >= LENGTH {
            return Ok(count);
        }
        // The first runs are too short to be told from noise: twice as many
        // at least, eight times as many at most.
        let lacks = LENGTH.as_secs_f64() / took.as_secs_f64();
        let factor = if lacks > 8.0 { 8 } else { 2 };
        count *= factor;
    }
}

/// For a count of things, exactly: there are far fewer than 2^53.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
}
