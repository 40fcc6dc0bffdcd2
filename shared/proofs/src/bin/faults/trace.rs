//! What strace(1) says of one process: its calls, in order.

/// A system call of a story, as a run without a fault made it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// The how-manieth of this name in its process, from 1. That is what
    /// strace counts, for each process from where it begins to look.
    pub(crate) number: usize,
    /// The call and its first words, without what differs from run to run.
    pub(crate) shape: String,
    /// All of it, with its answer.
    pub(crate) line: String,
}

/// Where a story begins: main's first act is `ways_out::install`, and its
/// first call sigaction for SIGINT. Neither the loader nor std's runtime
/// touches that signal.
const MAIN_BEGINS: &str = "rt_sigaction(SIGINT, {";

/// The calls of the story in a log. What came before main is counted, since
/// strace counts it, and left out. A child's log begins inside main, at the
/// getppid that it was stopped in.
pub(crate) fn calls(log: &str, from_main: bool) -> Vec<Call> {
    let mut found: Vec<Call> = Vec::new();
    let mut counts = std::collections::HashMap::new();
    let mut begun = !from_main;
    for line in log.lines() {
        let Some((name, _)) = line.split_once('(') else { continue };
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        begun |= line.starts_with(MAIN_BEGINS);
        let number = counts.entry(name).or_insert(0);
        *number += 1;
        if begun {
            found.push(Call {
                name: name.to_string(),
                number: *number,
                shape: shape(line),
                line: line.to_string(),
            });
        }
    }
    found
}

/// "read(4<pipe:[#]>": the call, and what it is about. A path stands in
/// quotes, a descriptor before the first comma.
pub(crate) fn shape(line: &str) -> String {
    let line = line.replace(">(deleted)", ">");
    let (name, words) = line.split_once('(').unwrap_or((&line, ""));
    // Where the end of the n-th word is.
    let word = |n: usize| {
        let ends = words.match_indices([',', ')']).map(|(at, _)| at);
        ends.take(n).last().unwrap_or(words.len())
    };
    let about = match name {
        "openat" | "statx" | "newfstatat" | "mknodat" | "mkdir" | "unlink"
        | "rmdir" | "readlink" | "rename" => {
            let mut quotes = words.match_indices('"').map(|(at, _)| at);
            quotes.nth(1).map_or(words.len(), |at| at + 1)
        }
        "read" | "write" | "dup" | "lseek" => word(1),
        // The second word says what is asked.
        "fcntl" | "ioctl" | "flock" => word(2),
        _ => 0,
    };
    masked(&format!("{name}({}", &words[..about]))
}

/// Without what differs from run to run: numbers, but for a descriptor's, and
/// the six letters of mkdtemp(3).
fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest[at..].find(|c: char| !c.is_ascii_digit());
        let end = end.map_or(rest.len(), |length| at + length);
        let is_descriptor = rest[end..].starts_with('<');
        out += &rest[..at];
        out += if is_descriptor { &rest[at..end] } else { "#" };
        rest = &rest[end..];
    }
    out += rest;
    let mut parts = out.split("/fifo.");
    let mut whole = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let end = part.find(['/', '"', '>']).unwrap_or(part.len());
        whole += "/fifo.#";
        whole += &part[end..];
    }
    whole
}
