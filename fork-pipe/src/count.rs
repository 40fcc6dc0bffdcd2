//! Counts as wc(1) does, from pieces that are cut anywhere.

use std::fmt;
use std::str;

/// What was counted so far.
#[derive(Debug, Default)]
pub(crate) struct Count {
    lines: u64,
    words: u64,
    bytes: u64,
    /// The last character belonged to a word, which may go on.
    inside_a_word: bool,
    /// The beginning of a character, if a piece ended inside one.
    cut: Vec<u8>,
}

impl Count {
    /// Counts the next piece.
    pub(crate) fn add(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        self.cut.extend_from_slice(piece);
        let text = std::mem::take(&mut self.cut);
        for chunk in text.utf8_chunks() {
            for letter in chunk.valid().chars() {
                self.letter(letter == '\n', letter.is_whitespace());
            }
            let rest = chunk.invalid();
            match str::from_utf8(rest) {
                // Not wrong, only not complete: the next piece goes on.
                Err(e) if e.error_len().is_none() => self.cut = rest.to_vec(),
                // No text: whatever it is, it is no space.
                Err(_) => self.letter(false, false),
                Ok(_) => {}
            }
        }
    }

    fn letter(&mut self, newline: bool, space: bool) {
        self.lines += u64::from(newline);
        self.words += u64::from(!space && !self.inside_a_word);
        self.inside_a_word = !space;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, words, bytes, .. } = self;
        write!(f, "lines: {lines}, words: {words}, bytes: {bytes}")
    }
}
