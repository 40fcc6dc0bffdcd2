//! Build it: a chat over a FIFO. Lines are typed in several terminals, and one
//! terminal shows them:
//!
//! - A line is sent when it is typed, and not when the writer leaves.
//! - A line is one write of at most `PIPE_BUF` bytes, its newline included: so
//!   no writer's line ever has another's inside. A longer one is refused.
//! - Writers come and go, and the one who listens stays, until Ctrl-C. Without
//!   a writer it waits, and does not take a CPU.
//!
//! It compiles, and is right for one writer of one line. What is to do stands
//! at the end of this file. To see how far you are:
//! `cargo test -p named-pipe-uni --test exercise`. Man pages: fifo(7), pipe(7).

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use shared::cli::{self, About};
use shared::deadline;
use shared::narrate::{Narrator, quoted};
use shared::stop::{Named, Stop};

fn main() -> ExitCode {
    let about = About {
        shows: "A chat over a FIFO",
        ..shared::about!(
            "hear FIFO": "make a FIFO, and print the lines that arrive",
            "say FIFO": "send each line of standard input, when it is typed"
        )
    };
    cli::run(&about, |tell, words| {
        // People take their time.
        deadline::rest();
        match words {
            [role, path] if role == "hear" => hear(tell, path),
            [role, path] if role == "say" => say(path),
            _ => Err(cli::refuse(&about, words)),
        }
    })
}

fn hear(tell: &mut Narrator, path: &OsStr) -> Result<(), Stop> {
    // Removed on every way out, Ctrl-C included.
    let made = fifo::make(Path::new(path))?;
    let mut lines = BufReader::new(listen(made.path())?);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).named("read")? > 0 {
        tell.line(quoted(line.trim_ascii_end()));
        tell.still_heard()?;
        line.clear();
    }
    Ok(())
}

fn say(path: &OsStr) -> Result<(), Stop> {
    // It waits for somebody who listens.
    let fifo = fifo::open(Path::new(path), OFlag::O_WRONLY)?;
    // TODO: a line that is typed is sent. `collect` waits for all of them.
    let lines = io::stdin().lines().collect::<Vec<_>>();
    for line in lines {
        send(&fifo, &line.named("read standard input")?)?;
    }
    Ok(())
}

/// The read end. It waits for the first writer, and when the last one has
/// left, read says so.
fn listen(path: &Path) -> Result<File, Stop> {
    // TODO: no end of file as long as you listen: see the example eof_spin,
    // and fcntl, if you set O_NONBLOCK and a read shall wait all the same.
    Ok(fifo::open(path, OFlag::O_RDONLY)?)
}

/// One line, with its newline.
fn send(mut fifo: &File, line: &str) -> Result<(), Stop> {
    // TODO: one write (ask strace how many these are), and none if the line is
    // too long: `fpathconf`, `Stop::Failed`.
    writeln!(fifo, "{line}").named("write")
}
