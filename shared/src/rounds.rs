//! What the rounds of a measurement say together, and whether they agree.
//!
//! One slow round moves a mean, and none of these. And a figure is worth as
//! much as the distance of its quartiles says: half of the rounds lie there.

/// The middle of the rounds, and the middle of each half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quartiles {
    /// A quarter of the rounds lies below.
    pub low: f64,
    /// Half of them.
    pub median: f64,
    /// Three quarters.
    pub high: f64,
}

impl Quartiles {
    /// Of these rounds, in whatever order. Of none, they are no numbers.
    #[must_use]
    pub fn of(mut rounds: Vec<f64>) -> Self {
        rounds.sort_by(f64::total_cmp);
        let last = rounds.len().saturating_sub(1);
        let [low, median, high] = [1, 2, 3].map(|quarter| {
            rounds.get(last * quarter / 4).copied().unwrap_or(f64::NAN)
        });
        Self { low, median, high }
    }

    /// One contestant against another, round by round.
    #[must_use]
    pub fn of_ratios(ours: &[f64], theirs: &[f64]) -> Self {
        let pairs = ours.iter().zip(theirs);
        Self::of(pairs.map(|(ours, theirs)| ours / theirs).collect())
    }

    /// How far the quartiles lie apart, as a part of the median.
    #[must_use]
    pub fn spread(self) -> f64 {
        (self.high - self.low) / self.median
    }
}

/// A figure in a column of a table, whatever a busy machine has made of it:
/// with so many decimals, or with fewer where it would be too long for the
/// column, or in powers of ten.
#[must_use]
pub fn fitted(figure: f64, decimals: usize, width: usize) -> String {
    let plain = (0..=decimals).rev().map(|some| format!("{figure:.some$}"));
    let powers = (0..=1).rev().map(|some| format!("{figure:.some$e}"));
    let mut fitting = plain.chain(powers).filter(|text| text.len() <= width);
    fitting.next().unwrap_or_else(|| "?".to_string())
}
