//! One of the writers: another process, which gets a path and its number.

use std::ffi::{OsStr, OsString};
use std::io::{self, PipeReader, Read};
use std::mem::ManuallyDrop;
use std::path::Path;

use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use shared::cli;
use shared::deadline;
use shared::frame::FrameWriter;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{ChildGuard, hold_signals};

use super::message::Source;

/// Starts a writer. Its standard input is the starting line: see `writes`.
pub(crate) fn start(
    path: &Path,
    id: u32,
    messages: u32,
    line: &PipeReader,
) -> Result<ChildGuard, Stop> {
    let words = [id, messages].map(|word| OsString::from(word.to_string()));
    let words = [OsStr::new("writer"), path.as_os_str(), &words[0], &words[1]];
    let line = line.try_clone().named("dup")?;
    // No signal between starting it and minding it.
    let held = hold_signals()?;
    let writer = cli::again(&words)?.stdin(line).spawn();
    let writer = ChildGuard::of(&writer.named("start a writer")?);
    drop(held);
    Ok(writer)
}

/// The writer's whole story. It gets a path and two numbers: its own, and how
/// many messages it is to send.
pub(crate) fn writes(words: &[OsString]) -> Result<(), Stop> {
    let number = |word: &OsString| word.to_str().and_then(|it| it.parse().ok());
    let usage = || Stop::Usage("ID and MESSAGES are numbers".to_string());
    let [path, id, messages] = words else { return Err(usage()) };
    let (Some(id), Some(messages)) = (number(id), number(messages)) else {
        return Err(usage());
    };
    let fifo = fifo::open(Path::new(path), OFlag::O_WRONLY)?;
    // It is open until this process ends: what a writer has to say of an error
    // is said before the reader can meet the end of file.
    let fifo = ManuallyDrop::new(fifo);
    let mut frames = FrameWriter::new(&*fifo);
    let (source, mut message) = (Source::new(), Vec::new());
    // An empty frame says "I am here". Then all wait for the same end of file,
    // the one of the pipe that is their standard input: it comes to all of
    // them at once.
    frames.send(b"").named("send")?;
    // From here on the reader minds how long it takes. When it gives up, this
    // writer ends, too.
    deadline::rest();
    let started = io::stdin().read(&mut [0]).named("read")?;
    must(started == 0, "the start is an end of file")?;
    for number in 0..messages {
        source.write(id, number, &mut message);
        // Header and payload in one write, of PIPE_BUF bytes at most: that
        // is all that keeps the messages of 64 writers apart.
        frames.send(&message).named("send")?;
    }
    Ok(())
}
