//! Transcripts in a README, held equal to what the programs print.
//!
//! A block that begins with ```` ```console ```` and a line `$ COMMAND` shows
//! what the command prints. What differs from run to run or from machine to
//! machine is replaced by a sample on both sides: process numbers, the
//! capacity of a pipe, memory, owners, dates, and temporary directories.

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
    if printed.contains("which descriptors share a description: unknown") {
        println!("skipped: kcmp is refused here, so the picture is another");
        return;
    }
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

/// Words that a process number follows.
const PROCESS: [&str; 14] = [
    "process ",
    "parent ",
    "child ",
    "server ",
    "client ",
    "visitor ",
    "latecomer ",
    "partner ",
    "sibling ",
    "left ",
    "right ",
    "fork() = ",
    "waitpid(",
    "/proc/",
];

/// Where a run says what its pipes have room for.
const CAPACITY: [&str; 2] = ["F_GETPIPE_SZ says ", " 0 of "];

/// What a program's memory came to.
const PEAK: &str = "memory at its peak: ";

/// Before the number of processes that belong to others.
const UNSEEN: &str = "Processes that may not be looked at: ";

/// Replaces what differs between two runs by a sample of it.
#[must_use]
pub fn sample(printed: &str) -> String {
    // A sandbox may forbid kcmp.
    let text = printed.replace("description: unknown", "description: yes");
    let capacity = after(&text, &CAPACITY).into_iter().next();
    let mut processes = Vec::new();
    let mut sampled = String::new();
    for line in text.lines() {
        let mut line = sample_of_line(line);
        // Process numbers become 4711, 4712, … in the order they appear. In a
        // picture, "child 3" is a descriptor.
        if !line.contains('▶') && !line.contains("read end: ") {
            for number in after(&line, &PROCESS) {
                let known = processes.iter().position(|one| *one == number);
                let place = known.unwrap_or(processes.len());
                if known.is_none() {
                    processes.push(number.clone());
                }
                let new = (4711 + place).to_string();
                line = replace_number(&line, &number, &new, &PROCESS);
            }
        }
        for number in after(&line, &["pipe:["]) {
            line = replace_number(&line, &number, "97479", &["pipe:["]);
        }
        for number in after(&line, &[PEAK]) {
            line = replace_number(&line, &number, "1252", &[PEAK]);
        }
        // As an ordinary user: other people's processes come and go.
        for number in after(&line, &[UNSEEN]) {
            line = replace_number(&line, &number, "42", &[UNSEEN]);
        }
        // The kernel may give this user smaller pipes, or know larger pages.
        if let Some(capacity) = &capacity {
            line = replace_number(&line, capacity, "65536", &[""]);
        }
        sampled += &line;
        sampled.push('\n');
    }
    sampled
}

/// The numbers that follow one of these words.
fn after(line: &str, words: &[&str]) -> Vec<String> {
    let starts = words.iter().flat_map(|word| {
        line.match_indices(word).map(|(at, _)| at + word.len())
    });
    let numbers = starts.map(|at| digits(&line[at..]));
    numbers.filter(|number| !number.is_empty()).collect()
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

/// Replaces the whole number `from` wherever it follows one of `words`. What
/// stands in a column further right stays in its column.
fn replace_number(line: &str, from: &str, to: &str, words: &[&str]) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let number = digits(&rest[at..]);
        out += &rest[..at];
        rest = &rest[at + number.len()..];
        if number != from || !words.iter().any(|word| out.ends_with(word)) {
            out += &number;
            continue;
        }
        out += to;
        if let Some(gap) = rest.find("  ") {
            let width = from.len() + rest[gap..].chars().count();
            let right = rest[gap..].trim_start();
            let least = right.chars().count() + 2;
            let width = width.saturating_sub(to.len()).max(least);
            let right = replace_number(right, from, to, words);
            return format!("{out}{}{right:>width$}", &rest[..gap]);
        }
    }
    out + rest
}

/// Numbers of other lengths move what stands right of them, so runs of
/// spaces inside a line count as one. Where a line begins is kept.
#[must_use]
pub fn comparable(text: &str) -> Vec<String> {
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
