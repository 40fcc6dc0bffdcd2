//! One FIFO, opened for reading and writing at once, looks like a telephone.
//! It is a letter box that both sides empty: this demo shows what gets lost,
//! and what to use instead.
//!
//! Run it: `cargo run -p named-pipe-bidi`. It starts itself again for the
//! other side (`peers.rs`). Linux lets a FIFO be opened `O_RDWR`; POSIX
//! leaves that undefined. Man pages: fifo(7), open(2), poll(2).

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::process::{ExitCode, Stdio};

use named_pipe_uni::fifo::{self, Home};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::waitpid;
use nix::unistd::{getpid, read, write};
use shared::cli::{self, About};
use shared::frame::FrameReader;
use shared::narrate::Narrator;
use shared::observe;
use shared::stop::{Named, Stop, must, uninterrupted};
use shared::ways_out::{ChildGuard, hold_signals};

mod peers;
mod talk;
mod terminals;

/// The name that server and client agree on, if nobody names a path.
const NAME: &str = "named-pipe-bidi";

fn main() -> ExitCode {
    let about = shared::about!(
        "server [PATH]": "make a FIFO, and answer pings through it",
        "server --two-fifos": "make PATH.back too, for the answers",
        "client [PATH]": "send pings, and wait for answers",
        "client --two-fifos": "read the answers from PATH.back",
        "visitor PATH": "send one frame into PATH and leave",
        "latecomer PATH": "look into PATH when standard input ends",
        "partner THERE BACK": "answer each ping from THERE on BACK"
    );
    let about = About { asks: true, ..about };
    cli::run_asked(&about, |tell, asked| match asked.words.as_slice() {
        [] => story(tell),
        [role] | [role, _] if role == "server" => {
            terminals::server(tell, asked)
        }
        [role] | [role, _] if role == "client" => {
            terminals::client(tell, asked)
        }
        [role, path] if role == "visitor" => peers::visitor(tell, path),
        [role, path] if role == "latecomer" => peers::latecomer(tell, path),
        [role, there, back] if role == "partner" => {
            peers::partner(tell, there, back)
        }
        words => Err(cli::refuse(&about, words)),
    })
}

fn story(tell: &mut Narrator) -> Result<(), Stop> {
    tell.say(format!("process {}", getpid()));
    let home = Home::new()?;
    let path = home.path().join("both");
    let _made = fifo::make(&path)?;
    let both = one_letter_box(tell, &path)?;
    the_last_close(tell, &path, both)?;
    talk::ping_pong(tell, &path)?;
    talk::the_cure(tell, &home)?;

    tell.step("Better still: a socket")?;
    tell.say("Both ways in one descriptor, and an end of file: socketpair(2)");
    tell.say("between parent and child, unix(7) between strangers.");
    Ok(())
}

/// Who opens a FIFO for both is its reader and its writer, and so never
/// learns that it is alone.
fn one_letter_box(tell: &mut Narrator, path: &Path) -> Result<File, Stop> {
    tell.step("Whoever is both ends hears itself")?;
    let both = fifo::open(path, OFlag::O_RDWR)?;
    let fd = both.as_raw_fd();
    tell.remark(format!("open(both, O_RDWR) = {fd}"), "open did not wait");
    tell.picture(&both, &[(getpid(), "")]);
    let mut buffer = [0; 64];
    tell.call(format!("write({fd}, \"hello?\", 6)"), || {
        write(&both, b"hello?")
    })
    .must_be(Ok(6), "is anybody there?")?;
    tell.guess("read by the one who wrote, when nobody else is there")?;
    tell.call(format!("read({fd}, 64)"), || read(&both, &mut buffer))
        .must_be(Ok(6), "\"hello?\": my own words")?;
    must(buffer.starts_with(b"hello?"), "my own words come back")?;

    tell.step("The other side leaves, and nobody is told")?;
    let visitor = start("visitor", &[path], Stdio::null())?.1;
    let pid = visitor.pid();
    reap(visitor)?;
    tell.say(format!("waitpid({pid}): exited, 0"));
    let mut frames = FrameReader::new(&both);
    must(frames.recv().named("recv")? == Some(b"bye"), "its frame arrives")?;
    tell.remark("recv = \"bye\"", "what it wrote is still there");

    tell.guess("read, now that the other side has left")?;
    // A read end alone would now see the end of file, a write end alone
    // EPIPE. This descriptor is its own reader and its own writer.
    // [empty]
    tell.call(format!("poll({fd}, POLLIN, 0)"), || readable(&both))
        .must_be(Ok(0), "no end of file: read would wait [empty]")?;
    tell.guess("write, now that the other side has left")?;
    tell.call(format!("write({fd}, \"hello?\", 6)"), || {
        write(&both, b"hello?")
    })
    .must_be(Ok(6), "no EPIPE either")?;
    Ok(both)
}

/// The bytes live as long as somebody holds the pipe open, and no longer.
fn the_last_close(
    tell: &mut Narrator,
    path: &Path,
    both: File,
) -> Result<(), Stop> {
    tell.step("The last close takes the bytes with it")?;
    let before = observe::bytes_waiting(&both);
    must(before.agrees_with(6), "the last \"hello?\" waits inside")?;
    let fd = both.as_raw_fd();
    tell.say(format!("{before} bytes wait"));
    drop(both); // BREAK 1
    let again = fifo::open(path, OFlag::O_RDWR)?;
    let after = observe::bytes_waiting(&again);
    tell.say(format!(
        "close({fd}), open(both, O_RDWR) = {}",
        again.as_raw_fd()
    ));
    tell.remark(format!("{after} bytes wait"), "and no error reports it");
    must(after.agrees_with(0), "the bytes are gone")
}

/// Starts the other side. What is answered first keeps its standard input
/// open, if that is a pipe.
pub(crate) fn start(
    role: &str,
    paths: &[&Path],
    input: Stdio,
) -> Result<(Option<std::process::ChildStdin>, ChildGuard), Stop> {
    let mut words = vec![OsStr::new(role)];
    words.extend(paths.iter().map(|path| path.as_os_str()));
    // No signal shall end this program between the start and the guard.
    let held = hold_signals()?;
    let peer =
        cli::again(&words)?.stdin(input).spawn().named("start a peer")?;
    // No open, and no FIFO that is open O_RDWR, tells of its death.
    let guard = ChildGuard::of(&peer).or_the_story_ends()?;
    drop(held);
    Ok((peer.stdin, guard))
}

pub(crate) fn reap(peer: ChildGuard) -> Result<(), Stop> {
    let status =
        uninterrupted(|| waitpid(peer.pid(), None)).named("waitpid")?;
    peer.ended(status)
}

/// poll(2) without waiting: how many descriptors are ready, here 0 or 1.
fn readable(fifo: impl AsFd) -> nix::Result<i32> {
    let mut asked = [PollFd::new(fifo.as_fd(), PollFlags::POLLIN)];
    poll(&mut asked, PollTimeout::ZERO)
}
