//! What is made of figures, and the one that was not measured here.

use shared::rounds::Quartiles;

/// A figure of somebody else's.
pub(crate) struct Elsewhere {
    pub(crate) label: &'static str,
    pub(crate) rate: f64,
    pub(crate) why: &'static str,
    /// The same for a slide.
    pub(crate) note: &'static str,
}

/// [NU-67] What goldsborough/ipc-bench says in its README, and what it does in
/// fifo/server.c and fifo/client.c.
pub(crate) const ARTICLE: Elsewhere = Elsewhere {
    label: "an article's figure",
    rate: 254_880.0,
    why: "254,880 messages of 1 KB a second, says an article, after IPC-Bench, \
          on another machine. There a signal follows each message through the \
          FIFO, and the next one waits until another signal is back. So these \
          are round trips, with signals, and say little of a stream.",
    note: "Dashed: 254,880, an article's figure, from another machine. It is \
           of round trips, with signals.",
};

/// Of figures whose quartiles lie so far apart.
pub(crate) const UNSURE: &str =
    "?: the rounds disagree by more than a quarter. Do not rely on it.";

/// Whether a figure is to be relied on.
pub(crate) trait Unsure {
    fn unsure(self) -> bool;
}

impl Unsure for Quartiles {
    fn unsure(self) -> bool {
        self.spread() > 0.25
    }
}

/// `1,140,000`: three digits, since the others change with every run. What is
/// known exactly keeps them all.
pub(crate) fn in_words(rate: f64) -> String {
    let digits = if rate.to_bits() == ARTICLE.rate.to_bits() {
        format!("{rate:.0}")
    } else {
        // 1.14e6, and then the zeros.
        let rounded: f64 = format!("{rate:.2e}").parse().unwrap_or(rate);
        format!("{rounded:.0}")
    };
    let mut words = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}
