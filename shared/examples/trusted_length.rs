//! Four bytes say how long the message is, and the reader believes them:
//! ff ff ff ff, and it asks for 4 GiB. One broken or hostile sender, or one
//! byte out of step, and a service that has run for a year is gone.
//!
//! What you will see: a receiver with 256 MiB to live in, told that 4 GiB
//! follow. One that believes it dies; one with a limit refuses.
//!
//! Run it: `cargo run -p shared --example trusted_length`. People met it
//! wherever a length comes first (n0-computer/sendme-legacy#25,
//! BishopFox/sliver#2292, i3/i3#6621). Man page: getrlimit(2), "`RLIMIT_AS`".
//! Claim: [SH-12].

use std::env;
use std::ffi::OsStr;
use std::io::{self, Read, StdinLock, Write};
use std::process::{ExitCode, Stdio};

use nix::errno::Errno;
use nix::libc;
use shared::bug;
use shared::cli::{self, About};
use shared::frame::FrameReader;
use shared::narrate::{Narrator, hex};
use shared::stop::{Named, Stop, must};
use shared::ways_out::{ChildGuard, hold_signals};

/// The header of a frame of `u32::MAX` bytes, and all that follows it.
const PROMISE: &[u8] = b"\xff\xff\xff\xffping";

fn main() -> ExitCode {
    // With one of these words this is the receiver.
    match env::args_os().nth(1).unwrap_or_default().to_str() {
        Some("trusting") => return receiver(broken),
        Some("limited") => return receiver(mended),
        _ => {}
    }
    let shows = "A length that is believed, and one that is checked";
    let about = About { shows, ..shared::about!() };
    bug::run(&about, |tell, halves| {
        if !cfg!(target_os = "linux") {
            tell.say("This system does not hold a program to RLIMIT_AS.");
            return Ok(());
        }
        if halves.broken {
            tell.step("Broken: a buffer as long as the header says")?;
            let end = promise_4_gib(tell, "trusting")?;
            must(end.contains("SIGABRT"), "the receiver aborts")?;
        }
        if halves.mended {
            tell.step("Mended: a limit, looked at before the buffer")?;
            let end = promise_4_gib(tell, "limited")?;
            must(end.contains("over the limit"), "the frame is refused")?;
            must(end.contains("exit status"), "the receiver ends in order")?;
        }
        Ok(())
    })
}

/// As many tutorials have it: memory on a stranger's word. Where there is not
/// so much, Rust ends the program, and there is no error to handle.
fn broken(mut input: StdinLock<'static>) -> Result<(), Stop> {
    let mut header = [0; 4];
    input.read_exact(&mut header).named("read")?;
    let length = u32::from_le_bytes(header) as usize;
    let mut payload = vec![0; length];
    input.read_exact(&mut payload).named("read")
}

/// The limit is looked at first. Below it, too, the buffer grows only with
/// bytes that have come, never with bytes that are promised.
fn mended(input: StdinLock<'static>) -> Result<(), Stop> {
    let mut frames = FrameReader::new(input).with_limit(1 << 20); // <-- the fix
    frames.recv().named("recv")?; // <-- the fix
    Ok(())
}

/// The receiver. Unbounded, Linux would promise it the 4 GiB, and kill some
/// process or other once they are filled.
fn receiver(receive: fn(StdinLock<'static>) -> Result<(), Stop>) -> ExitCode {
    let bounded = live_in(256 << 20);
    match bounded.and_then(|()| receive(io::stdin().lock())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => stop.exit("receiver"),
    }
}

/// As `ulimit -v` in a shell; and where it dies, no core file.
fn live_in(bytes: libc::rlim_t) -> Result<(), Stop> {
    for (what, most) in [(libc::RLIMIT_AS, bytes), (libc::RLIMIT_CORE, 0)] {
        let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
        // SAFETY: setrlimit reads the limit, and touches no other memory.
        let answer = unsafe { libc::setrlimit(what, &raw const limit) };
        Errno::result(answer).named("setrlimit")?;
    }
    Ok(())
}

/// Starts the receiver with a pipe as its standard input, and promises it
/// more than it can have. Answers what it said, and how it ended.
fn promise_4_gib(tell: &mut Narrator, word: &str) -> Result<String, Stop> {
    let (reader, mut writer) = io::pipe().named("pipe")?;
    writer.write_all(PROMISE).named("write")?;
    drop(writer);
    tell.remark(hex(PROMISE), "4 GiB are promised, 4 bytes come");

    let mut program = cli::again(&[OsStr::new(word)])?;
    program.stdin(reader).stderr(Stdio::piped());
    // No signal between starting it and minding it.
    let held = hold_signals()?;
    let child = program.spawn().named("start the receiver")?;
    let guard = ChildGuard::of(&child);
    drop(held);
    let ended = child.wait_with_output().named("read its errors")?;
    guard.reaped();
    let said = String::from_utf8_lossy(&ended.stderr);
    let said = said.lines().next().unwrap_or_default();
    tell.say(said);
    tell.say(ended.status);
    Ok(format!("{said}: {}", ended.status))
}
