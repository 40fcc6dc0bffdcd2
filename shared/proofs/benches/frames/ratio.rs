//! What rounds say together, and whether they agree.

/// Farther apart than this, as a part of the median, the quartiles leave no
/// conclusion.
const WIDE: f64 = 0.1;

/// The middle of the rounds, and the middle of each half.
#[derive(Clone, Copy)]
pub(crate) struct Quartiles {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Quartiles {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
        Self { low: at(1), median: at(2), high: at(3) }
    }

    /// One contestant against another, round by round.
    pub(crate) fn of_ratios(ours: &[f64], theirs: &[f64]) -> Self {
        let pairs = ours.iter().zip(theirs);
        Self::of(pairs.map(|(ours, theirs)| ours / theirs).collect())
    }

    pub(crate) fn wide(self) -> bool {
        self.high - self.low > WIDE * self.median
    }
}

/// What was promised, and what came of it.
pub(crate) struct Verdicts(Vec<String>);

impl Verdicts {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// A ratio that is to be at least `promised`.
    pub(crate) fn note(&mut self, what: &str, ratio: Quartiles, promised: f64) {
        let Quartiles { low, median, high } = ratio;
        let verdict = match () {
            () if ratio.wide() => "the rounds disagree: no conclusion",
            () if median >= promised => "held",
            () => "MISSED",
        };
        self.0.push(format!(
            "  {what:<38} {promised:>4.2}  {median:>5.2} \
             [{low:.2} {high:.2}]  {verdict}"
        ));
    }

    pub(crate) fn print(&self) {
        for line in &self.0 {
            println!("{line}");
        }
    }
}
