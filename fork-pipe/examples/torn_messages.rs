//! Several writers share a pipe, and their messages come out in pieces: a
//! write of more than `PIPE_BUF` bytes may be torn apart, and so may a header
//! and its payload in two writes.
//!
//! What you will see: two children, 200 messages each, and how many arrive
//! torn, through a pipe as it comes and through a pipe of one page with a slow
//! reader. The first hides what the second brings out: a test that sees no
//! torn message proves nothing. What never tears is at the end.
//!
//! Run it: `cargo run -p fork-pipe --example torn_messages`. People met it in
//! nodejs/help#1227, who read the rule backwards. Man page: pipe(7),
//! "`PIPE_BUF`". Claims: [FP-29] [FP-30] [FP-31] [SH-13] [SH-14].

use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

use nix::libc;
use nix::unistd::{ForkResult, fork, pipe, read, write};
use shared::bug;
use shared::cli::About;
use shared::frame::HEADER;
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

/// Messages of each of the two writers.
const MESSAGES: usize = 200;

/// How a writer hands a message over.
type Send = fn(&OwnedFd, &[u8]) -> bool;

fn main() -> ExitCode {
    let about = About {
        shows: "Messages of several writers, torn apart, and how not to",
        ..shared::about!()
    };
    bug::run(&about, |tell, halves| {
        let atom = libc::PIPE_BUF;
        if halves.broken {
            tell.step("Broken: one write, but longer than PIPE_BUF")?;
            for size in [atom + 1, 2 * atom, 16 * atom] {
                torn(tell, size, in_one_write)?;
            }
            tell.step("Broken: header and payload in two writes")?;
            for size in [100, 1000] {
                torn(tell, size, in_two_writes)?;
            }
        }
        if halves.mended {
            // A frame of `shared::frame` is one write, header and all.
            tell.step("Mended: one write of at most PIPE_BUF bytes")?;
            for size in [100, 1000, atom] {
                let send = in_one_write; // <-- the fix
                let torn = torn(tell, size, send)?;
                must(torn == 0, "up to PIPE_BUF nothing tears")?;
            }
        }
        Ok(())
    })
}

fn in_one_write(pipe: &OwnedFd, message: &[u8]) -> bool {
    write(pipe, message) == Ok(message.len())
}

fn in_two_writes(pipe: &OwnedFd, message: &[u8]) -> bool {
    let (header, payload) = message.split_at(HEADER);
    in_one_write(pipe, header) && in_one_write(pipe, payload)
}

/// Sends messages of `size` bytes through both kinds of pipe, and prints how
/// many arrive torn.
fn torn(tell: &mut Narrator, size: usize, send: Send) -> Result<usize, Stop> {
    let [a, b] = ['a', 'b'].map(|letter| message(letter, size));
    let mut torn = [0; 2];
    for (narrow, torn) in torn.iter_mut().enumerate() {
        let (read_end, write_end) = pipe().named("pipe")?;
        let mut piece = vec![0; 1 << 16];
        if narrow == 1 {
            narrow_to_a_page(&write_end)?;
            piece.truncate(512);
        }
        let left = writer(&a, send, &write_end)?;
        let right = writer(&b, send, &write_end)?;
        drop(write_end);
        let mut stream = Vec::new();
        while let Ok(count @ 1..) = read(&read_end, &mut piece) {
            stream.extend_from_slice(&piece[..count]);
        }
        bug::ends_well(left)?;
        bug::ends_well(right)?;
        *torn = 2 * MESSAGES - whole(&stream, &a) - whole(&stream, &b);
    }
    let [wide, narrow] = torn;
    let counts =
        format!("{wide:>3} of {}; one page: {narrow:>3}", 2 * MESSAGES);
    tell.remark(format!("{size:>6} bytes, torn:"), &counts);
    Ok(wide + narrow)
}

/// A message: a letter, then its capital, to the end.
fn message(letter: char, size: usize) -> String {
    let capital = letter.to_ascii_uppercase().to_string();
    format!("{letter}{}", capital.repeat(size - 1))
}

/// A child that sends its messages.
fn writer(
    message: &str,
    send: Send,
    pipe: &OwnedFd,
) -> Result<ChildGuard, Stop> {
    // SAFETY: this process has one thread.
    match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => Ok(ChildGuard::new(child)),
        ForkResult::Child => {
            ways_out::end_with_parent();
            let well = (0..MESSAGES).all(|_| send(pipe, message.as_bytes()));
            // SAFETY: it ends this process; nothing is used after it.
            unsafe { libc::_exit(i32::from(!well)) }
        }
    }
}

/// How many such messages came through in one piece. These are millions of
/// bytes: `str` finds a letter fast, even in a program built for debugging.
fn whole(stream: &[u8], message: &str) -> usize {
    let text = String::from_utf8_lossy(stream);
    let starts = text.match_indices(char::from(message.as_bytes()[0]));
    starts.filter(|(at, _)| text[*at..].starts_with(message)).count()
}

/// A pipe of one page, where the system can make one.
#[cfg(target_os = "linux")]
fn narrow_to_a_page(pipe: impl AsFd) -> Result<(), Stop> {
    nix::fcntl::fcntl(pipe, nix::fcntl::FcntlArg::F_SETPIPE_SZ(1))
        .named("fcntl F_SETPIPE_SZ")?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "as where it can")]
fn narrow_to_a_page(_: impl AsFd) -> Result<(), Stop> {
    Ok(())
}
