//! One trip: so many bytes, from one process to another.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, read, write};
use shared::pin;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

use crate::further;
use crate::pattern::{Checker, LENGTH, Look};
use crate::rungs::{Give, Rung, Take};
use crate::source::aligned;

/// What the reader needs, made before the fork: a child that only reads has
/// nothing to ask memory for.
pub(crate) struct Reader {
    pub(crate) checker: Checker,
    /// From the begin of a page on: a copy to elsewhere takes longer.
    buffer: &'static mut [u8],
    pub(crate) nowhere: File,
    /// Its CPU, if that is not the writer's.
    pub(crate) cpu: Option<usize>,
}

impl Reader {
    pub(crate) fn new() -> Result<Self, Stop> {
        let nowhere = File::options().write(true).open("/dev/null");
        Ok(Self {
            checker: Checker::new(),
            buffer: aligned(),
            nowhere: nowhere.named("open /dev/null")?,
            cpu: None,
        })
    }

    /// Reads to the end of file, and has an eye on what comes.
    fn read_all(
        &mut self,
        rung: &Rung,
        read_end: &PipeReader,
        look: Look,
    ) -> Result<usize, Stop> {
        if let Some(cpu) = self.cpu {
            pin::to(cpu).named("sched_setaffinity")?;
        }
        let (buffer, mut all) = (&mut self.buffer[..rung.piece], 0);
        loop {
            let count = match rung.take {
                Take::Copy => read(read_end, buffer).named("read")?,
                // All there is: no buffer of the reader's sets a limit.
                Take::PassOn => {
                    further::pass_on(read_end, &self.nowhere, LENGTH)
                        .named("splice")?
                }
            };
            if count == 0 {
                return Ok(all);
            }
            all += count;
            if rung.take == Take::Copy {
                let right = self.checker.next(&buffer[..count], look);
                must(right, "what arrives is what was sent")?;
            }
        }
    }
}

/// Sends `bytes` to a reader of its own.
///
/// # Returns
///
/// How long that took, until the reader had all of it and was gone.
pub(crate) fn trip(
    rung: &Rung,
    source: &'static [u8],
    reader: &mut Reader,
    bytes: usize,
    look: Look,
) -> Result<Duration, Stop> {
    // Not two numbers but two types: nobody lends to a read end by mistake.
    let (read_end, write_end) = io::pipe().named("pipe")?;
    if let Some(size) = rung.capacity {
        further::grow(&write_end, size).named("fcntl(F_SETPIPE_SZ)")?;
    }
    let held = ways_out::hold_signals()?;
    // SAFETY: this process has one thread.
    let child = match unsafe { fork() }.named("fork")? {
        ForkResult::Child => {
            ways_out::end_with_parent();
            drop(write_end);
            let read = reader.read_all(rung, &read_end, look);
            leave(read.and_then(|all| must(all == bytes, "all arrives")));
        }
        ForkResult::Parent { child } => child,
    };
    let guard = ChildGuard::new(child);
    drop(held);
    drop(read_end);

    let begun = Instant::now();
    let sent = send_all(rung, write_end, source, bytes);
    let ended = waitpid(child, None).named("waitpid")?;
    let took = begun.elapsed();
    guard.reaped();
    match (sent, ended) {
        (Ok(()), WaitStatus::Exited(_, 0)) => Ok(took),
        // The reader has said why it left.
        (Ok(()) | Err(Errno::EPIPE), WaitStatus::Exited(_, 1)) => {
            Err(Stop::Status(1))
        }
        (sent, ended) => {
            sent.named("write or vmsplice")?;
            Err(Stop::Failed(format!("the reader ended: {ended:?}")))
        }
    }
}

/// Gives the pattern, piece by piece, over and over, and closes the write end.
fn send_all(
    rung: &Rung,
    write_end: PipeWriter,
    source: &'static [u8],
    bytes: usize,
) -> nix::Result<()> {
    let pieces = source.chunks(rung.piece).cycle();
    for mut piece in pieces.take(bytes / rung.piece) {
        while !piece.is_empty() {
            let given = match rung.give {
                Give::Copy => write(&write_end, piece)?,
                Give::Lend => further::lend(&write_end, piece)?,
            };
            piece = &piece[given..];
        }
    }
    drop(write_end);
    Ok(())
}

/// `_exit` skips the destructors and buffers that are the parent's.
fn leave(read: Result<(), Stop>) -> ! {
    let name = "throughput reader";
    let status = read.map_or_else(|stop| stop.report(name), |()| 0);
    // SAFETY: it ends this process; nothing is used after it.
    unsafe { libc::_exit(i32::from(status)) }
}
