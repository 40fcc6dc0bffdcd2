//! A file that is opened twice looks like a pipe: two descriptors, two open
//! file descriptions, one thing behind them. One article stops there. What
//! the descriptions are for is where they differ.
//!
//! What you will see: the kernel's own picture of both, and the same calls on
//! each. Run it: `cargo run -p anonymous-pipe --example file_or_pipe`. Man
//! pages: open(2), lseek(2), pipe(7). Claims: [AP-14] [AP-15].

use std::fs::File;
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::{env, fs};

use nix::errno::Errno;
use nix::unistd::{Whence, getpid, lseek, pipe, read, write};
use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};
use shared::ways_out::PathGuard;

fn main() -> ExitCode {
    let shows = "A file opened twice, and a pipe: alike, and not";
    let about = About { shows, ..shared::about!() };
    cli::run(&about, |tell, _words| {
        a_file(tell)?;
        a_pipe(tell)
    })
}

/// Two opens make two descriptions, each with a position of its own. The file
/// remembers what was written, for whoever looks.
fn a_file(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("A file, opened twice: two positions in one memory")?;
    let name = format!("file_or_pipe.{}", getpid());
    let path = env::temp_dir().join(name);
    let out = File::create_new(&path).named("open")?;
    let guard = PathGuard::new(&path)?;
    let back = File::open(&path).named("open")?;
    let (w, r) = (out.as_raw_fd(), back.as_raw_fd());
    tell.call(format!("write({w}, \"Hello world!\", 12)"), || {
        write(&out, HELLO)
    })
    .must_be(Ok(12), "only this one's position moves")?;
    tell.picture(&out, &[(getpid(), "")]);

    let mut buffer = [0; 64];
    for why in ["\"Hello world!\"", "and again: a file keeps its bytes"] {
        tell.call(format!("read({r}, 64)"), || read(&back, &mut buffer))
            .must_be(Ok(12), why)?;
        must(buffer.starts_with(HELLO), "the same bytes")?;
        lseek(&back, 0, Whence::SeekSet).named("lseek")?;
    }
    let end = lseek(&back, 6, Whence::SeekSet);
    tell.call(format!("lseek({r}, 6)"), || end)
        .must_be(Ok(6), "any position can be chosen")?;
    let size = fs::metadata(&path).named("stat")?.len();
    must(size == 12, "the file has 12 bytes")?;
    guard.remove().named("unlink")
}

/// `pipe()` makes two descriptions, too: a read end and a write end. There is
/// no position, because there is nothing to go back to.
fn a_pipe(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("A pipe: two ends of one stream")?;
    let (back, out) = pipe().named("pipe")?;
    let (r, w) = (back.as_raw_fd(), out.as_raw_fd());
    tell.call(format!("write({w}, \"Hello world!\", 12)"), || {
        write(&out, HELLO)
    })
    .must_be(Ok(12), "the bytes wait, the size stays 0")?;
    tell.picture(&out, &[(getpid(), "")]);

    let mut buffer = [0; 64];
    tell.call(format!("read({r}, 64)"), || read(&back, &mut buffer))
        .must_be(Ok(12), "\"Hello world!\", and it is gone")?;
    must(buffer.starts_with(HELLO), "the same bytes")?;
    tell.call(format!("lseek({r}, 6)"), || lseek(&back, 6, Whence::SeekSet))
        .must_be(Err(Errno::ESPIPE), "a pipe has no positions")
}

/// What is written into both.
const HELLO: &[u8] = b"Hello world!";
