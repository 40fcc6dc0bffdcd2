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
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{getpid, read, write};
use shared::cli;
use shared::frame::{FrameReader, FrameWriter};
use shared::narrate::Narrator;
use shared::observe;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{ChildGuard, hold_signals};

mod peers;

/// How many rounds of ping and pong the cure has to survive.
const ROUNDS: usize = 100;

fn main() -> ExitCode {
    let about = shared::about!(
        "visitor PATH": "send one frame into PATH and leave",
        "latecomer PATH": "look into PATH when standard input ends",
        "partner THERE BACK": "answer each ping from THERE on BACK"
    );
    cli::run(&about, |tell, words| match words {
        [] => story(tell),
        [role, path] if role == "visitor" => peers::visitor(tell, path),
        [role, path] if role == "latecomer" => peers::latecomer(tell, path),
        [role, there, back] if role == "partner" => {
            peers::partner(tell, there, back)
        }
        _ => Err(cli::refuse(&about, words)),
    })
}

fn story(tell: &mut Narrator) -> Result<(), Stop> {
    tell.say(format!("process {}", getpid()));
    let home = Home::new()?;
    let path = home.path().join("both");
    let _made = fifo::make(&path)?;
    let both = one_letter_box(tell, &path)?;
    the_last_close(tell, &path, both)?;
    ping_pong(tell, &path)?;
    the_cure(tell, &home)?;

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
    tell.call(format!("write({fd}, \"hello?\", 6)"), write(&both, b"hello?"))
        .must_be(Ok(6), "is anybody there?")?;
    tell.call(format!("read({fd}, 64)"), read(&both, &mut buffer))
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

    // A read end alone would now see the end of file, a write end alone
    // EPIPE. This descriptor is its own reader and its own writer.
    // [empty]
    tell.call(format!("poll({fd}, POLLIN, 0)"), readable(&both))
        .must_be(Ok(0), "no end of file: read would wait [empty]")?;
    tell.call(format!("write({fd}, \"hello?\", 6)"), write(&both, b"hello?"))
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
    drop(both);
    let again = fifo::open(path, OFlag::O_RDWR)?;
    let after = observe::bytes_waiting(&again);
    tell.say(format!(
        "close({fd}), open(both, O_RDWR) = {}",
        again.as_raw_fd()
    ));
    tell.remark(format!("{after} bytes wait"), "and no error reports it");
    must(after.agrees_with(0), "the bytes are gone")
}

/// The schedule that loses a message, forced: a second pipe, the other
/// side's standard input, keeps it from reading until this side has.
fn ping_pong(tell: &mut Narrator, path: &Path) -> Result<(), Stop> {
    tell.step("Ping-pong through one letter box")?;
    let both = fifo::open(path, OFlag::O_RDWR)?;
    let (mut out, mut back) =
        (FrameWriter::new(&both), FrameReader::new(&both));
    let (peer, latecomer) = start("latecomer", &[path], Stdio::piped())?;
    must(back.recv().named("recv")? == Some(b"ready"), "the peer is ready")?;
    tell.remark("recv = \"ready\"", "the latecomer is there");
    out.send(b"ping").named("send")?;
    tell.say("send \"ping\", then recv the pong:");
    let own = back.recv().named("recv")? == Some(b"ping");
    must(own, "who reads first gets the ping, even if it is its sender")?;
    tell.remark("recv = \"ping\"", "too early: it is my own");

    // Closing its standard input gives the other side the turn.
    drop(peer);
    reap(latecomer)
}

/// One FIFO for each direction, and one order for opening them.
fn the_cure(tell: &mut Narrator, home: &Home) -> Result<(), Stop> {
    tell.step("The cure: one FIFO for each direction")?;
    let (there, back) = (home.path().join("there"), home.path().join("back"));
    let _made = (fifo::make(&there)?, fifo::make(&back)?);
    let (_, partner) = start("partner", &[&there, &back], Stdio::null())?;

    // Both sides open "there" first. If one began with "back", each would
    // wait in open for the other, for ever.
    // [open]
    let mut pings = FrameWriter::new(fifo::open(&there, OFlag::O_WRONLY)?);
    let mut replies = FrameReader::new(fifo::open(&back, OFlag::O_RDONLY)?);
    // Bound last, dropped first: before its pipes, if the story ends early.
    let partner = partner;
    tell.say("Both of us opened \"there\" first. Had one begun with \"back\",");
    tell.say("each would wait in open for the other, for ever [open]");
    let mut own = 0;
    let mut answered = 0;
    for round in 1..=ROUNDS {
        pings.send(format!("ping {round}").as_bytes()).named("send")?;
        let answer = replies.recv().named("recv")?.unwrap_or_default();
        own += usize::from(answer.starts_with(b"ping"));
        answered += usize::from(answer == format!("pong {round}").as_bytes());
    }
    tell.say(format!("{answered} of {ROUNDS} pings answered, {own} my own"));
    must((answered, own) == (ROUNDS, 0), "every ping gets its pong")?;

    // And an end is an end again.
    drop(pings);
    reap(partner)?;
    // [eof]
    let end = replies.recv().named("recv")?;
    must(end.is_none(), "the partner's exit is an end of file")?;
    tell.remark("recv = None", "it left, and I am told [eof]");
    Ok(())
}

/// Starts the other side. What is answered first keeps its standard input
/// open, if that is a pipe.
fn start(
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
    let guard = ChildGuard::of(&peer);
    drop(held);
    Ok((peer.stdin, guard))
}

fn reap(peer: ChildGuard) -> Result<(), Stop> {
    let status = waitpid(peer.pid(), None).named("waitpid")?;
    let well = WaitStatus::Exited(peer.pid(), 0);
    peer.reaped();
    must(status == well, format!("{status:?} is 0"))
}

/// poll(2) without waiting: how many descriptors are ready, here 0 or 1.
fn readable(fifo: impl AsFd) -> nix::Result<i32> {
    let mut asked = [PollFd::new(fifo.as_fd(), PollFlags::POLLIN)];
    poll(&mut asked, PollTimeout::ZERO)
}
