//! Counts as wc(1) does, from pieces that are cut anywhere.

use std::fmt;

/// What was counted so far.
#[derive(Debug, Default)]
pub(crate) struct Count {
    lines: u64,
    words: u64,
    bytes: u64,
    /// The last byte belonged to a word, which the next piece may go on with.
    inside_a_word: bool,
}

impl Count {
    /// Counts the next piece.
    pub(crate) fn add(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        for byte in piece {
            self.lines += u64::from(*byte == b'\n');
            // Space, and from tab to carriage return: C's isspace.
            let space = matches!(byte, b' ' | b'\t'..=b'\r');
            self.words += u64::from(!space && !self.inside_a_word);
            self.inside_a_word = !space;
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, words, bytes, .. } = self;
        write!(f, "lines: {lines}, words: {words}, bytes: {bytes}")
    }
}
