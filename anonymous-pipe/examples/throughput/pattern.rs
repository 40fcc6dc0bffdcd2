//! The bytes that go through the pipe, and what the reader holds them against.
//!
//! A pipe that delivered some wrong byte, twice the same page, or one too few
//! would be as fast. So no eight bytes of the pattern are like another eight:
//! what is not in its place is seen.

/// The pattern's length: that of a huge page. After it, it begins anew.
pub(crate) const LENGTH: usize = 2 << 20;

/// The pattern itself.
pub(crate) fn pattern() -> Vec<u8> {
    // An odd number times 0, 1, 2, ... comes back to 0 after 2 to the 64th.
    let words = (0..).map(|at: u64| at.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut pattern = vec![0; LENGTH];
    for (place, word) in pattern.chunks_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    pattern
}

/// How closely the reader looks.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Look {
    /// At each byte: once for each rung, and not while it is timed.
    AtAll,
    /// At eight bytes of each read, which costs nothing that could be
    /// measured: one of them in the wrong place, and so are these.
    AtSome,
}

/// Compares what arrives with what was sent. It has a copy of its own: the
/// writer's bytes would, with vmsplice, be compared with themselves.
#[derive(Clone)]
pub(crate) struct Checker {
    pub(crate) pattern: Vec<u8>,
    /// Bytes that have arrived.
    count: usize,
}

impl Checker {
    pub(crate) fn new() -> Self {
        Self { pattern: pattern(), count: 0 }
    }

    /// Whether `bytes`, the next to arrive, are those that were sent.
    pub(crate) fn next(&mut self, bytes: &[u8], look: Look) -> bool {
        let at = self.count % LENGTH;
        self.count += bytes.len();
        let looked_at = match look {
            Look::AtAll => bytes,
            Look::AtSome => &bytes[..bytes.len().min(8)],
        };
        // At the end of the pattern it goes on at its begin.
        let (before, behind) =
            looked_at.split_at(looked_at.len().min(LENGTH - at));
        let mut laps = behind.chunks(LENGTH);
        self.pattern[at..].starts_with(before)
            && laps.all(|lap| self.pattern.starts_with(lap))
    }
}
