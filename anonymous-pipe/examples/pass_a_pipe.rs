//! Only who made a pipe, and its children, can reach it, people say: a
//! stranger has no name for it. There are two ways around that: somebody
//! passes a descriptor on, and Linux shows all of them in /proc.
//!
//! What you will see: a program that inherits no pipe is sent an end of one,
//! opens it once more by its name in /proc, and then is kept out of there,
//! unless it is root. In the folder of the same name stand that program,
//! stranger.rs, and the sending, rights.rs.
//!
//! Run it: `cargo run -p anonymous-pipe --example pass_a_pipe`. Man pages:
//! unix(7), `SCM_RIGHTS`; proc(5); ptrace(2), "Ptrace access mode checking".
//! Claims: [AP-26] [AP-27].

use std::ffi::OsStr;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{self, ExitCode};

use shared::bug;
use shared::cli::{self, About};
use shared::frame::{FrameReader, FrameWriter};
use shared::narrate::Narrator;
use shared::observe;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{ChildGuard, hold_signals};

#[path = "pass_a_pipe/rights.rs"]
mod rights;
#[path = "pass_a_pipe/stranger.rs"]
mod stranger;

fn main() -> ExitCode {
    let about = About {
        shows: "How a stranger gets into an anonymous pipe",
        ..shared::about!("stranger": "be the other program; see the source")
    };
    cli::run(&about, |tell, words| match words {
        [] => story(tell),
        [role] if role == "stranger" => stranger::stranger(tell),
        _ => Err(cli::refuse(&about, words)),
    })
}

fn story(tell: &mut Narrator) -> Result<(), Stop> {
    // The stranger is there before the pipe is, so it can inherit none. All
    // it has of this program is a socket, as its standard input.
    tell.step("Sent: a descriptor goes over a Unix socket")?;
    let (socket, theirs) = UnixStream::pair().named("socketpair")?;
    let mut other = cli::again(&[OsStr::new("stranger")])?;
    // No signal between starting it and minding it.
    let held = hold_signals()?;
    let started = other.stdin(OwnedFd::from(theirs)).spawn();
    let guard = ChildGuard::of(&started.named("start the stranger")?);
    drop(held);
    // The Command holds this program's copy of that side.
    drop(other);
    let (read_end, mut write_end) = io::pipe().named("pipe")?;
    let r = read_end.as_raw_fd();
    write_end.write_all(b"secret").named("write")?;
    tell.say(format!("pipe() = [{r}, {}]", write_end.as_raw_fd()));
    tell.say("write \"secret\" into it");
    tell.say(format!("sendmsg({}, SCM_RIGHTS {r})", socket.as_raw_fd()));
    rights::send(socket.as_fd(), read_end.as_fd()).named("sendmsg")?;

    // Now it has the turn. It answers with a frame when it is done.
    let mut answers = FrameReader::new(&socket);
    let answer = answers.recv().named("recv")?;
    must(answer == Some(b"in"), "the stranger has read the secret")?;
    let flag = observe::nonblocking(&read_end);
    tell.remark(
        format!("is {r} nonblocking? {flag}"),
        "it set that: we share the description",
    );
    must(flag.agrees_with(true), "the flag that the stranger has set")?;

    tell.step("Found: Linux gives each descriptor a name")?;
    visited(tell, &socket, &read_end)?;

    // The names are for those who may also trace this program: the same user,
    // if the program does not mind, and who has CAP_SYS_PTRACE. Programs that
    // keep secrets do mind: it keeps their memory out of core dumps as well.
    tell.step("Kept out: a program can refuse to be looked into")?;
    #[cfg(target_os = "linux")]
    {
        nix::sys::prctl::set_dumpable(false).named("prctl")?;
        tell.say("prctl(PR_SET_DUMPABLE, 0)");
        if visited(tell, &socket, &read_end)? {
            tell.say("In, all the same: it has CAP_SYS_PTRACE, as root has.");
        }
    }
    #[cfg(not(target_os = "linux"))]
    tell.say("There is nothing to refuse: this system has no such names.");

    // The end of file is the end of the stranger.
    drop(socket);
    bug::ends_well(guard)
}

/// Tells the stranger the read end's name, and reads what it writes there.
///
/// # Returns
///
/// Whether it got in.
fn visited(
    tell: &mut Narrator,
    socket: &UnixStream,
    mut read_end: &PipeReader,
) -> Result<bool, Stop> {
    let r = read_end.as_raw_fd();
    let name = format!("/proc/{}/fd/{r}", process::id());
    tell.say(&name);
    FrameWriter::new(socket).send(name.as_bytes()).named("send")?;
    let mut answers = FrameReader::new(socket);
    let answer = answers.recv().named("recv")?.unwrap_or_default();
    let answer = String::from_utf8_lossy(answer);
    let is_in = answer == "in";
    if is_in {
        let mut forged = [0; 6];
        read_end.read_exact(&mut forged).named("read")?;
        must(&forged == b"forged", "what the stranger wrote")?;
        tell.remark(
            format!("read({r}, 6) = 6"),
            "\"forged\", by way of a read end's name",
        );
    } else if answer == "EACCES" || answer == "EPERM" {
        tell.say(format!("It stays out: {answer}, the kernel forbids it."));
    } else {
        tell.say(format!("It stays out: {answer}."));
    }
    Ok(is_in)
}
