//! `client --stdin`: what a person types, or a file holds, as messages. Each
//! line is one, without its newline; on a terminal it is a name, and the
//! message greets it.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, stdin};
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
        // Who types may take all the time in the world.
        deadline::rest();
        // Only if nothing is left in the buffer: poll sees what is still to be
        // read, not what was read already.
        if input.buffer().is_empty() {
            let gone = wait_for_input(input.get_ref(), frames.get_ref());
            gone.inspect_err(|_| end_the_line(tell, terminal))?;
        }
        // At most what a frame may hold, and a newline.
        let most = DEFAULT_LIMIT as u64 + 1;
        line.clear();
        let read = input.by_ref().take(most).read_until(b'\n', &mut line);
        read.named("read standard input")?;
        deadline::arm();
        match line.pop() {
            None => break,
            Some(b'\n') => {}
            // A last line without its newline is a line, too.
            Some(byte) => line.push(byte),
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
    }
    end_the_line(tell, terminal);
    Ok(())
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
