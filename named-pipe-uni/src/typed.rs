//! `client --stdin`: what a person types, or a file holds, as messages. Each
//! line is one, without its newline; on a terminal it is a name, and the
//! message greets it.

use std::fs::File;
use std::io::ErrorKind::{Interrupted, WouldBlock};
use std::io::{BufRead, BufReader, IsTerminal, stdin};
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use shared::deadline;
use shared::frame::{DEFAULT_LIMIT, FrameWriter};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop};

use crate::client::{GONE, send};

pub(crate) fn lines(
    tell: &mut Narrator,
    mut frames: FrameWriter<File>,
) -> Result<(), Stop> {
    let terminal = stdin().is_terminal();
    // A duplicate, since std does not let its own buffer be looked at.
    let input = stdin().as_fd().try_clone_to_owned().named("dup")?;
    let mut input = BufReader::new(File::from(input));
    let mut line = Vec::new();
    for number in 1.. {
        if terminal {
            tell.ask("Enter a name: ");
        }
        tell.still_heard()?;
        line.clear();
        let ended = read_line(&mut input, frames.get_ref(), &mut line);
        let ended = ended.inspect_err(|_| end_the_line(tell, terminal))?;
        if ended && line.is_empty() {
            break;
        }
        if line.len() > DEFAULT_LIMIT {
            return Err(Stop::Failed(format!(
                "line {number} of standard input is longer than the \
                 {DEFAULT_LIMIT} bytes that a frame may hold"
            )));
        }
        if terminal {
            line = [b"Hello ", line.as_slice(), b"!"].concat();
        }
        send(&mut frames, &line)?;
        if line == b"end" {
            // The server leaves now, and that is no surprise.
            return Ok(());
        }
    }
    end_the_line(tell, terminal);
    Ok(())
}

/// The next line, without its newline; of one that is too long, the beginning.
///
/// # Returns
///
/// Whether the input has ended: a last line may lack its newline.
fn read_line(
    input: &mut BufReader<File>,
    fifo: &File,
    line: &mut Vec<u8>,
) -> Result<bool, Stop> {
    // Who types may take all the time in the world.
    deadline::rest();
    while line.len() <= DEFAULT_LIMIT {
        // Only if nothing is left in the buffer: poll sees what is still to be
        // read, not what was read already.
        if input.buffer().is_empty() {
            wait_for_input(input.get_ref(), fifo)?;
        }
        let bytes = match input.fill_buf() {
            Ok(bytes) => bytes,
            // Standard input may be nonblocking: another program's doing.
            Err(e) if matches!(e.kind(), Interrupted | WouldBlock) => continue,
            Err(e) => return Err(e).named("read standard input"),
        };
        let (count, newline) = match bytes.iter().position(|b| *b == b'\n') {
            Some(at) => (at, true),
            None => (bytes.len(), false),
        };
        let ended = bytes.is_empty();
        line.extend_from_slice(&bytes[..count]);
        input.consume(count + usize::from(newline));
        if newline || ended {
            deadline::arm();
            return Ok(ended);
        }
    }
    Ok(false)
}

/// Without an answer the cursor stays behind the question.
fn end_the_line(tell: &mut Narrator, terminal: bool) {
    if terminal {
        tell.say("");
    }
}

/// Waits for input, or for the moment in which it is of no use any more: poll
/// reports POLLERR for a write end without a reader, even unasked.
fn wait_for_input(input: &File, fifo: &File) -> Result<(), Stop> {
    loop {
        let mut asked = [
            PollFd::new(input.as_fd(), PollFlags::POLLIN),
            PollFd::new(fifo.as_fd(), PollFlags::empty()),
        ];
        match poll(&mut asked, PollTimeout::NONE) {
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(e) => return Err(e).named("poll"),
        }
        if asked[1].any() == Some(true) {
            return Err(Stop::Failed(format!("poll: POLLERR: {GONE}")));
        }
        return Ok(());
    }
}
