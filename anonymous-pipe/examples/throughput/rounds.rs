//! How much, and how fast that was.

use std::time::Duration;

use super::pattern::LENGTH;

/// How many bytes take about so long: twice as many each time, until it is
/// long enough to tell. Whole patterns: then each trip begins like the first.
pub(crate) fn bytes_for<E>(
    goal: Duration,
    mut trip: impl FnMut(usize) -> Result<Duration, E>,
) -> Result<usize, E> {
    let mut laps = 1;
    loop {
        let took = trip(laps * LENGTH)?;
        if took * 4 >= goal {
            let share = goal.as_nanos() * laps as u128 / took.as_nanos().max(1);
            return Ok(usize::try_from(share).unwrap_or(1).max(1) * LENGTH);
        }
        laps *= 2;
    }
}

pub(crate) fn gib_per_second(bytes: usize, took: Duration) -> f64 {
    let gib = f64::from(u32::try_from(bytes / LENGTH).unwrap_or(u32::MAX))
        / f64::from(u32::try_from((1 << 30) / LENGTH).unwrap_or(1));
    gib / took.as_secs_f64()
}
