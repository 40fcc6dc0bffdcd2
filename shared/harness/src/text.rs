//! Bytes that arrive in pieces, as text.

use std::{mem, str};

/// What has arrived. A piece may end inside a letter.
#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) whole: String,
    /// The first bytes of a letter whose last ones have not come.
    cut: Vec<u8>,
}

impl Text {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.cut.extend_from_slice(bytes);
        let held = mem::take(&mut self.cut);
        let last = held.utf8_chunks().last();
        let tail = last.map_or(&[][..], |chunk| chunk.invalid());
        let more = |e: str::Utf8Error| e.error_len().is_none();
        let waits = str::from_utf8(tail).is_err_and(more);
        let cut = held.len() - if waits { tail.len() } else { 0 };
        self.whole += &String::from_utf8_lossy(&held[..cut]);
        self.cut = held[cut..].to_vec();
    }

    /// All of it: nothing more will come.
    pub(crate) fn finish(self) -> String {
        self.whole + &String::from_utf8_lossy(&self.cut)
    }
}
