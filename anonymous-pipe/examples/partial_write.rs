//! A nonblocking write of more than fits takes a part, and that is no error.
//! Who does not look at the answer loses the rest: the end of the message is
//! missing, and what comes next is taken for it.
//!
//! What you will see: a message sent with one write, with `write_all`, and
//! with a loop, and how much of it arrives at the far end.
//!
//! Run it: `cargo run -p anonymous-pipe --example partial_write`. People met
//! it in a terminal that lost typed input (microsoft/WSL#40032). Man pages:
//! write(2), "RETURN VALUE", and pipe(7), "`PIPE_BUF`". Claims:
//! [SH-15] [FP-34].

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;
use std::thread;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::write;
use shared::bug;
use shared::cli::About;
use shared::narrate::Narrator;
use shared::observe;
use shared::stop::{Named, Stop, must};

/// Bytes of the message: no pipe holds that many unless it was told to.
const LENGTH: usize = 251 * 12_345;

fn main() -> ExitCode {
    let shows = "A nonblocking write takes a part; the rest is forgotten";
    let about = About { shows, ..shared::about!() };
    bug::run(&about, |tell, halves| {
        let piece: Vec<u8> = (0..251).collect();
        let message = piece.repeat(LENGTH / piece.len());
        if halves.broken {
            tell.step("Broken: one write, and nobody looks at its answer")?;
            let got = send(tell, &message, false)?;
            must(got < LENGTH, "the rest is lost")?;
            tell.step("Broken: write_all, which cannot say how far it came")?;
            let got = send_with_write_all(tell, &message)?;
            must(got < LENGTH, "the rest is lost")?;
        }
        if halves.mended {
            tell.step("Mended: keep the place, wait for room, write the rest")?;
            let got = send(tell, &message, true)?;
            must(got == LENGTH, "the whole message arrives")?;
        }
        Ok(())
    })
}

/// Sends the message, and says how much of it arrived.
fn send(
    tell: &mut Narrator,
    message: &[u8],
    mended: bool,
) -> Result<usize, Stop> {
    let (mut reader, writer) = io::pipe().named("pipe")?;
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).named("fcntl")?;

    // The far end does not read yet. write takes what fits and answers how
    // much that was: a success, although most of the message is left.
    let mut sent = write(&writer, message).named("write")?;
    let call = format!("write({}, message, {LENGTH})", writer.as_raw_fd());
    tell.say(format!("{call} = {sent}"));
    let capacity = observe::capacity(&writer);
    must(capacity.agrees_with(sent), "it takes what the pipe holds")?;

    // Now the far end reads, up to the end of file.
    let far_end = thread::spawn(move || {
        let mut got = Vec::new();
        reader.read_to_end(&mut got).map(|_| got)
    });
    // poll sleeps until there is room, for a page perhaps: the next answer
    // may be a part again. Where there are more writers, another one may be
    // faster; then it is EAGAIN, and poll comes again.
    while mended && sent < message.len() {
        let room = PollFlags::POLLOUT;
        let mut asked = [PollFd::new(writer.as_fd(), room)]; // <-- the fix
        poll(&mut asked, PollTimeout::NONE).named("poll")?; // <-- the fix
        sent += write(&writer, &message[sent..]).named("write")?; // <-- the fix
    }
    drop(writer);
    let got = far_end.join().unwrap_or(Err(ErrorKind::Other.into()));
    arrived(tell, message, &got.named("read")?)
}

/// std's loop goes on after a part, as it should, and stops at EAGAIN. How
/// much went away nobody knows by then: it can neither go on nor begin again.
/// `write_all` is for blocking descriptors.
fn send_with_write_all(
    tell: &mut Narrator,
    message: &[u8],
) -> Result<usize, Stop> {
    let (mut reader, mut writer) = io::pipe().named("pipe")?;
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).named("fcntl")?;
    let answer = writer.write_all(message).map_err(|e| e.kind());
    tell.say(format!("write_all(message) = {answer:?}"));
    must(answer == Err(ErrorKind::WouldBlock), "write_all gives up")?;
    drop(writer);
    let mut got = Vec::new();
    reader.read_to_end(&mut got).named("read")?;
    arrived(tell, message, &got)
}

/// The far end: what it got is the message's beginning, at least.
fn arrived(
    tell: &mut Narrator,
    message: &[u8],
    got: &[u8],
) -> Result<usize, Stop> {
    must(message.starts_with(got), "what arrives is whole and in order")?;
    let (got, all) = (got.len(), message.len());
    tell.say(format!("{got} of {all} bytes arrive"));
    Ok(got)
}
