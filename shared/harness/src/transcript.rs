//! Transcripts in a README, held equal to what the programs print.
//!
//! A block that begins with ```` ```console ```` and a line `$ COMMAND` shows
//! what the command prints. What differs from run to run or from machine to
//! machine is replaced by a sample on both sides: process numbers, the
//! capacity of a pipe, owners, dates, and temporary directories.

use std::env;
use std::fs;
use std::path::Path;

use crate::get;

/// Compares the block below `$ COMMAND` in the file `readme` with `printed`.
///
/// With `SNAPSHOTS=overwrite` in the environment it writes the block anew.
///
/// # Panics
///
/// If they differ, or there is no such block.
pub fn matches(readme: &str, command: &str, printed: &str) {
    let text = get(fs::read_to_string(readme), readme);
    let start = format!("```console\n$ {command}\n");
    let Some(at) = text.find(&start) else {
        panic!("{readme} has no block for `$ {command}`");
    };
    let at = at + start.len();
    let Some(length) = text[at..].find("```") else {
        panic!("the block for `$ {command}` has no end in {readme}");
    };
    let printed = sample(printed);
    if env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
        let (before, after) = (&text[..at], &text[at + length..]);
        let trimmed = printed.trim_end();
        let new = format!("{before}{trimmed}\n{after}");
        get(fs::write(readme, new), readme);
        return;
    }
    let shown = &text[at..at + length];
    assert!(
        comparable(shown) == comparable(&printed),
        "{readme} shows:\n{shown}\nbut `{command}` prints:\n{printed}\n\
         SNAPSHOTS=overwrite cargo test writes it anew"
    );
}

/// Replaces what differs between two runs by a sample of it.
#[must_use]
pub fn sample(printed: &str) -> String {
    let mut text = printed.to_string();
    // Process numbers become 4711, 4712, … in the order they appear.
    let mut seen = Vec::new();
    for (at, _) in text.match_indices(|c: char| c.is_ascii_digit()) {
        let before = &text[..at];
        let announced = [
            "process ",
            "parent ",
            "child ",
            "server ",
            "client ",
            "peer ",
            "fork() = ",
            "waitpid(",
        ]
        .iter()
        .any(|word| before.ends_with(word));
        let number = digits(&text[at..]);
        if announced && !seen.contains(&number) {
            seen.push(number);
        }
    }
    let samples = seen.iter().zip(4711..);
    let samples: Vec<_> =
        samples.map(|(pid, n)| (pid.clone(), n.to_string())).collect();
    for (pid, sample) in samples {
        text = replace_number(&text, &pid, &sample);
    }
    // The kernel may give this user smaller pipes, or know larger pages.
    let says = "F_GETPIPE_SZ says ";
    if let Some(at) = text.find(says) {
        let capacity = digits(&text[at + says.len()..]);
        text = replace_number(&text, &capacity, "65536");
    }
    // A sandbox may forbid kcmp.
    text = text.replace("description: unknown", "description: yes");
    text.lines().map(|line| sample_of_line(line) + "\n").collect()
}

/// A line of `ls -l`, and paths in temporary directories.
fn sample_of_line(line: &str) -> String {
    if line.trim_start().starts_with("prw") {
        let indent = &line[..line.len() - line.trim_start().len()];
        let mode = line.split_whitespace().next().unwrap_or_default();
        let name = line.split(' ').next_back().unwrap_or_default();
        return format!("{indent}{mode} 1 me me 0 Nov 20 12:00 {name}");
    }
    let words = line.split(' ').map(|word| match word.find("/fifo.") {
        Some(at) if word.starts_with('/') => {
            let rest = word[at + 1..].find('/').unwrap_or(0);
            format!("/tmp/fifo.x7Kq2d{}", &word[at + 1 + rest..])
        }
        _ => word.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn digits(text: &str) -> String {
    text.chars().take_while(char::is_ascii_digit).collect()
}

/// Replaces `from` wherever it stands as a whole number. What stands in a
/// column further right stays in its column.
fn replace_number(text: &str, from: &str, to: &str) -> String {
    text.lines().map(|line| replace_in_line(line, from, to) + "\n").collect()
}

fn replace_in_line(line: &str, from: &str, to: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let number = digits(&rest[at..]);
        out += &rest[..at];
        rest = &rest[at + number.len()..];
        if number != from {
            out += &number;
            continue;
        }
        out += to;
        if let Some(gap) = rest.find("  ") {
            let width = from.len() + rest[gap..].chars().count();
            let right = rest[gap..].trim_start();
            let width =
                width.saturating_sub(to.len()).max(right.chars().count() + 2);
            return format!("{out}{}{right:>width$}", &rest[..gap]);
        }
    }
    out + rest
}

/// Numbers of other lengths move what stands right of them, so runs of
/// spaces inside a line count as one. Where a line begins is kept.
fn comparable(text: &str) -> Vec<String> {
    let line = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        let words: Vec<_> = line.split_whitespace().collect();
        " ".repeat(indent) + &words.join(" ")
    };
    text.trim_end().lines().map(line).collect()
}

/// The text of a file of the workspace, named from its top.
///
/// # Panics
///
/// If it cannot be read.
#[must_use]
pub fn workspace_file(name: &str) -> String {
    let path = workspace().join(name);
    get(fs::read_to_string(&path), path.display())
}

/// The top of the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}
