//! What a program says of its command line: the usage line, `--help`, and
//! the sentence that refuses what it does not know.

use std::ffi::OsString;
use std::io::Write;

use super::About;
use crate::deadline;
use crate::stop::Stop;

/// For words that a program does not know, or not in this order.
#[must_use]
pub fn refuse(about: &About, words: &[OsString]) -> Stop {
    let words: Vec<_> = words.iter().map(|w| w.to_string_lossy()).collect();
    let given = words.join(" ");
    let before =
        if given.is_empty() { String::new() } else { given.clone() + " " };
    // "client" alone, where a row says "client PATH".
    let missing = about
        .words
        .iter()
        .find_map(|(row, _)| row.strip_prefix(&before)?.split(' ').next());
    let what = match missing {
        Some(word) if !word.starts_with('[') => format!("{word} is missing"),
        _ => format!("unexpected {given:?}"),
    };
    Stop::Usage(format!("{what}; usage: {}", usage(about)))
}

/// Whether `word`, without its dashes, is an option of one of the rows.
pub(super) fn is_option(about: &About, word: &str) -> bool {
    let option = format!("--{word}");
    about.words.iter().any(|(row, _)| {
        row.strip_suffix(&option)
            .is_some_and(|role| role.is_empty() || role.ends_with(' '))
    })
}

/// Whether `word`, without its dashes, is an option that takes a value.
pub(super) fn takes_value(about: &About, word: &str) -> bool {
    let option = format!("--{word} ");
    about.words.iter().any(|(row, _)| row.starts_with(&option))
}

/// The usage line: all the words and options there are.
pub(super) fn usage(about: &About) -> String {
    let (mut rows, mut alone): (Vec<String>, _) = (Vec::new(), String::new());
    for (row, _) in about.words {
        if row.starts_with("--") {
            alone.extend([" [", row, "]"]);
            continue;
        }
        match (row.split_once(" --"), rows.last_mut()) {
            (Some((_, option)), Some(before)) => {
                before.extend([" [--", option, "]"]);
            }
            _ => rows.push((*row).to_string()),
        }
    }
    let words = match rows.as_slice() {
        [] => String::new(),
        rows => format!(" [{}]", rows.join(" | ")),
    };
    let hang = if about.hangs { " [--hang]" } else { "" };
    let quiz = if about.asks { " [--quiz]" } else { "" };
    let name = about.name;
    format!("{name}{words}{alone}{hang}{quiz} [--step] [--help] [--version]")
}

/// What `--help` prints.
pub(super) fn text(about: &About) -> String {
    let options = [
        ("--step", "wait for Enter before each step; q leaves"),
        ("--help", "this text"),
        ("--version", "the version"),
    ];
    let hang = [("--hang", "really hang, to be looked at from outside")];
    let hang = if about.hangs { &hang[..] } else { &[] };
    let quiz = [("--quiz", "guess what surprising calls will answer")];
    let quiz = if about.asks { &quiz[..] } else { &[] };
    let rows = about.words.iter().chain(hang).chain(quiz).chain(&options);
    let left = rows.clone().map(|(word, _)| word.len()).max().unwrap_or(0);
    let rows = rows.map(|(word, what)| format!("  {word:<left$}  {what}\n"));
    let rows = rows.collect::<Vec<_>>().concat();
    format!(
        "{}\n\nUsage: {}\n\n{rows}\n\
         A step that takes {} s is ended, and says why it hung. DEADLINE=0 in\n\
         the environment lets it hang; any other number sets the seconds.\n",
        about.shows,
        usage(about),
        deadline::SECONDS
    )
}

/// Prints what was asked for, which ends the program well. `--help | head`
/// may close standard output early: that is no failure.
pub(super) fn print<T>(text: &str) -> Result<T, Stop> {
    let _ = std::io::stdout().write_all(text.as_bytes());
    Err(Stop::Quietly)
}
