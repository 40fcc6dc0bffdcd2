//! One round: so many writers, and a reader that checks what they send.

use std::io;
use std::time::{Duration, Instant};

use named_pipe_uni::fifo::{self, Home};
use nix::fcntl::OFlag;
use shared::bug;
use shared::deadline;
use shared::frame::FrameReader;
use shared::stop::{Named, Stop, must};

use super::message::Checker;
use super::place::Place;
use super::writer;

/// How long `writers` took for `each` of their messages, from the start that
/// they all have in common to the last message.
pub(crate) fn run(
    place: &Place,
    writers: u32,
    each: u32,
) -> Result<Duration, Stop> {
    let home = Home::new()?;
    let path = home.path().join("fifo");
    let _made = fifo::make(&path)?;
    // Nothing is ever written into this pipe. Its end of file is the start.
    let (line, start) = io::pipe().named("pipe")?;
    // A reader from the start: no writer waits in open until all are started.
    // The real one opens when there are writers, so that it meets no end of
    // file before them.
    let first = fifo::open(&path, OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
    let children = place.as_a_writer(|| {
        let start = |id| {
            // Each start is a step of its own: 64 of them can take seconds
            // where others want the CPU, too.
            deadline::arm();
            writer::start(&path, id, each, &line)
        };
        (0..writers).map(start).collect()
    });
    let children: Vec<_> = children?;
    let mut frames = FrameReader::new(fifo::open(&path, OFlag::O_RDONLY)?);
    drop(first);
    for _ in 0..writers {
        let here = frames.recv().named("recv")?;
        must(here == Some(b""), "an empty frame says that a writer is here")?;
    }

    let mut checker = Checker::new(writers, each);
    deadline::arm();
    let began = Instant::now();
    drop(start);
    while !checker.is_done() {
        // All writers had opened before the first one could leave. So an end
        // of file now is the last one's, and what has not come is lost.
        let message = frames.recv().named("recv")?.ok_or_else(|| {
            Stop::Failed("end of file, and messages are lost".to_string())
        })?;
        checker.take(message).map_err(Stop::Failed)?;
    }
    let took = began.elapsed();

    let end = frames.recv().named("recv")?;
    must(end.is_none(), "after the last message comes the end of file")?;
    for child in children {
        bug::ends_well(child)?;
    }
    Ok(took)
}
