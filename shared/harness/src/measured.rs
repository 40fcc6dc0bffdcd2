//! Runs that print what they measured: each has other figures, and all have
//! the same words.

use crate::transcript::workspace_file;

/// The run that a README shows of this command, in a block of the kind
/// `console measured`: nobody promises its figures.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn shown_in(readme: &str, command: &str) -> String {
    let text = workspace_file(readme);
    let blocks = text.split("```console measured\n").skip(1);
    let mut blocks = blocks.filter_map(|block| block.split("```").next());
    let run = blocks.find_map(|block| {
        let (first, run) = block.split_once('\n')?;
        first.ends_with(command).then(|| run.to_string())
    });
    run.unwrap_or_else(|| panic!("{readme} shows no run of {command:?}"))
}

/// A run without its figures, its bars, the line that tells of a debug build,
/// and the one that tells of a noisy machine.
#[must_use]
pub fn without_figures(shown: &str) -> Vec<String> {
    let depends = |line: &&str| {
        let line = line.trim_start();
        !line.starts_with("A debug build") && !line.starts_with("?: ")
    };
    let stays = |word: &&str| {
        let figure = |c: char| c.is_ascii_digit() || "▏▎▍▌▋▊▉█#─".contains(c);
        *word != "?" && !word.contains(figure)
    };
    let plain = |line: &str| {
        let words = line.split_whitespace().filter(stays);
        words.collect::<Vec<_>>().join(" ")
    };
    shown.lines().filter(depends).map(plain).collect()
}
