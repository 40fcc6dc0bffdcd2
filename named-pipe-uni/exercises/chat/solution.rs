//! A solution of the exercise in starter.rs: a chat over a FIFO.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use named_pipe_uni::fifo;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{PathconfVar, fpathconf};
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
    let (read_end, _write_end) = listen(made.path())?;
    let mut lines = BufReader::new(read_end);
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
    for line in io::stdin().lines() {
        send(&fifo, &line.named("read standard input")?)?;
    }
    Ok(())
}

/// The read end, and a write end that never writes: as long as it is open, no
/// writer is the last one. To close the read end and open it again would not
/// do: who writes in between writes to nobody.
fn listen(path: &Path) -> Result<(File, File), Stop> {
    // The end that need not wait comes first.
    let how = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    let read_end = fifo::open(path, how)?;
    let write_end = fifo::open(path, OFlag::O_WRONLY)?;
    // From here on a read waits for a line.
    let plain = FcntlArg::F_SETFL(OFlag::empty());
    fcntl(&read_end, plain).named("fcntl F_SETFL")?;
    Ok((read_end, write_end))
}

/// One line, with its newline, in one write: `writeln!` makes two. Of more
/// than `PIPE_BUF` bytes the kernel may take a part, and another's line next.
fn send(mut fifo: &File, line: &str) -> Result<(), Stop> {
    let asked = fpathconf(fifo, PathconfVar::PIPE_BUF).named("fpathconf")?;
    let most = asked.and_then(|most| usize::try_from(most).ok());
    let line = format!("{line}\n");
    if most.is_none_or(|most| line.len() > most) {
        return Err(Stop::Failed(format!(
            "a line of {} bytes is longer than PIPE_BUF, and is not sent",
            line.len()
        )));
    }
    // Of so few bytes a write that waits takes all or, at an error, none.
    fifo.write_all(line.as_bytes()).named("write")
}
