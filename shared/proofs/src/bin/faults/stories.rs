//! What is run with a fault in it: demos, and one side of two terminals.

/// A program with its words, and another one that it needs beside it.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) words: &'static [&'static str],
    pub(crate) beside: Option<Beside>,
    /// How many children tell a part of it.
    pub(crate) children: usize,
}

/// The untraced side of a meeting, with its words. Whoever comes second does so
/// when the server prints what is said here.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Beside {
    Server(&'static [&'static str], &'static str),
    Client(&'static [&'static str], &'static str),
    /// A client, and before it somebody who sends what is no frame.
    Stranger(&'static [&'static str], &'static str),
}

impl Story {
    pub(crate) fn program(&self) -> &str {
        self.name.split(' ').next().unwrap_or_default()
    }
}

/// What is run, and how many children tell a part of it.
pub(crate) const STORIES: [Story; 10] = [
    story("anonymous-pipe", &[], 0),
    story("fork-pipe", &[], 2),
    // The same with a file: it is opened, and read.
    story("fork-pipe FILE", &["Cargo.toml"], 2),
    story("named-pipe-uni", &[], 1),
    story("named-pipe-bidi", &[], 3),
    beside(
        "named-pipe-uni server",
        &["server"],
        Beside::Client(&["client", "--wait"], CLIENTS),
    ),
    // The same after a bad frame: the server changes to a new FIFO.
    beside(
        "named-pipe-uni server, a bad frame",
        &["server"],
        Beside::Stranger(&["client", "--wait"], CLIENTS),
    ),
    beside(
        "named-pipe-uni client",
        &["client"],
        Beside::Server(&["server"], CLIENTS),
    ),
    // With one FIFO the two are a race, and no two runs the same.
    beside(
        "named-pipe-bidi server",
        &["server", "--two-fifos"],
        Beside::Client(&["client", "--two-fifos"], A_CLIENT),
    ),
    beside(
        "named-pipe-bidi client",
        &["client", "--two-fifos"],
        Beside::Server(&["server", "--two-fifos"], A_CLIENT),
    ),
];

/// Who tells them.
pub(crate) const DEMOS: [&str; 4] =
    ["anonymous-pipe", "fork-pipe", "named-pipe-uni", "named-pipe-bidi"];

const fn story(
    name: &'static str,
    words: &'static [&'static str],
    children: usize,
) -> Story {
    Story { name, words, beside: None, children }
}

const fn beside(
    name: &'static str,
    words: &'static [&'static str],
    beside: Beside,
) -> Story {
    Story { beside: Some(beside), ..story(name, words, 0) }
}

/// What a server prints when a client may come.
const CLIENTS: &str = "I wait for clients";
const A_CLIENT: &str = "I wait in open for a client";
