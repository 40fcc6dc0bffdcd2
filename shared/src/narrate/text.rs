//! Bytes as text, and text as lines.

/// The most bytes of a message that are shown.
const SHOWN: usize = 256;

/// Bytes as a hex dump prints them: `04 00 00 00`.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<_> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    bytes.join(" ")
}

/// A message as it can be shown: in quotes, with everything escaped that is
/// no plain text. Nothing that it holds can steer a terminal. Of a long one,
/// the beginning.
#[must_use]
pub fn quoted(message: &[u8]) -> String {
    let shown = &message[..message.len().min(SHOWN)];
    let mut text = String::new();
    for chunk in shown.utf8_chunks() {
        let plain = format!("{:?}", chunk.valid());
        text += &plain[1..plain.len() - 1];
        text += &chunk.invalid().escape_ascii().to_string();
    }
    match message.len() {
        length if length > SHOWN => format!("\"{text}\"... ({length} bytes)"),
        _ => format!("\"{text}\""),
    }
}

/// Breaks `text` at spaces into lines of at most `width` characters, all but
/// the first `hang` deeper. Runs of spaces inside a line stay as they are.
pub(crate) fn fill(text: &str, width: usize, hang: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in text.split_inclusive(' ') {
        let line = lines.last().map_or("", String::as_str);
        let length = line.chars().count() + piece.trim_end().chars().count();
        if length > width && !line.trim().is_empty() {
            lines.push(" ".repeat(hang));
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(piece);
        }
    }
    lines.iter().map(|line| line.trim_end().to_string()).collect()
}
