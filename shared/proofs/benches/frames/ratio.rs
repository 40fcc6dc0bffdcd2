//! What was promised, and what the rounds say to it together.

pub(crate) use shared::quartiles::Quartiles;

/// Farther apart than this, as a part of the median, the quartiles leave no
/// conclusion.
const WIDE: f64 = 0.1;

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
            () if ratio.spread() > WIDE => "the rounds disagree: no conclusion",
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
