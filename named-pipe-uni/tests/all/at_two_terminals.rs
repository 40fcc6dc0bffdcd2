//! Two terminals: the server, its clients, and what can go wrong between.

mod client;
mod lesson;
mod message;
mod place;
mod screen;
mod server;

use std::fs::File;
use std::path::{Path, PathBuf};

use harness::{Program, Session, get};
use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use shared::frame::FrameWriter;

const DEMO: &str = env!("CARGO_BIN_EXE_named-pipe-uni");

/// A server at work on a FIFO of its own, and the path of that.
fn serving() -> (Session, PathBuf) {
    let server = Program::new(DEMO);
    let path = server.temporary().join("fifo");
    let mut server = server.arg("server").arg(&path).starts();
    server.shows("I wait for clients", 1);
    (server, path)
}

/// The FIFO as a client has it: open does not wait, since a server is there.
fn opened(path: &Path) -> File {
    get(fifo::open(path, OFlag::O_WRONLY), path.display())
}

/// The same, for frames.
fn frames_to(path: &Path) -> FrameWriter<File> {
    FrameWriter::new(opened(path))
}

/// Tells a server to end, and looks whether it does.
fn ends_when_told(mut server: Session, path: &Path) -> String {
    get(frames_to(path).send(b"end"), "send");
    server.shows("\"end\"", 1);
    let ended = server.ends().well();
    assert!(!path.exists(), "the FIFO is removed");
    ended.stdout
}

/// The messages that a server shows, without their numbers.
fn messages(shown: &str) -> Vec<String> {
    let lines = shown.lines().filter_map(|line| line.split_once(": \""));
    lines.map(|(_, message)| format!("\"{message}")).collect()
}
