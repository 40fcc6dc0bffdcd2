//! Who dies, and in whose company.

/// A row of the table: one process of a demo.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) dies: Dies,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Dies {
    /// The process that began a demo of one terminal.
    Parent,
    /// The child that is there at the moment.
    Child,
    /// One side of two terminals.
    Server(Pair),
    Client(Pair),
}

/// The two sides of two terminals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) server: &'static [&'static str],
    pub(crate) client: &'static [&'static str],
    /// What the server prints when a client may come.
    pub(crate) ready: &'static str,
    /// Whether a client waits for its server, so that both may start at once.
    pub(crate) waits: bool,
}

const UNI: Pair = Pair {
    server: &["server"],
    client: &["client", "--wait"],
    ready: "I wait for clients",
    waits: true,
};

const BIDI: Pair = Pair {
    server: &["server"],
    client: &["client"],
    ready: "I wait for pings",
    waits: false,
};

const TWO_FIFOS: Pair = Pair {
    server: &["server", "--two-fifos"],
    client: &["client", "--two-fifos"],
    ready: "I wait in open for a client",
    waits: false,
};

pub(crate) const ROWS: [Row; 12] = [
    row("named-pipe-uni server", Dies::Server(UNI)),
    row("named-pipe-uni client", Dies::Client(UNI)),
    row("named-pipe-uni", Dies::Parent),
    row("named-pipe-uni, a child", Dies::Child),
    row("named-pipe-bidi", Dies::Parent),
    row("named-pipe-bidi, a child", Dies::Child),
    row("fork-pipe", Dies::Parent),
    row("fork-pipe, a child", Dies::Child),
    row("named-pipe-bidi server", Dies::Server(BIDI)),
    row("named-pipe-bidi client", Dies::Client(BIDI)),
    row("named-pipe-bidi server --two-fifos", Dies::Server(TWO_FIFOS)),
    row("named-pipe-bidi client --two-fifos", Dies::Client(TWO_FIFOS)),
];

const fn row(name: &'static str, dies: Dies) -> Row {
    Row { name, dies }
}

impl Row {
    pub(crate) fn program(&self) -> &str {
        self.name.split([' ', ',']).next().unwrap_or_default()
    }
}
