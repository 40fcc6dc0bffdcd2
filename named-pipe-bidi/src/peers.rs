//! The other side of the story: three short programs, each started with
//! nothing but the paths of its FIFOs.

use std::ffi::OsStr;
use std::io::{Read, stdin};
use std::path::Path;
use std::process::id;

use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use shared::frame::{FrameReader, FrameWriter};
use shared::narrate::Narrator;
use shared::observe;
use shared::stop::{Named, Stop, must};

/// Says one thing and leaves.
pub(crate) fn visitor(tell: &mut Narrator, path: &OsStr) -> Result<(), Stop> {
    let both = fifo::open(Path::new(path), OFlag::O_RDWR)?;
    tell.say(format!("visitor {}", id()));
    tell.say("send \"bye\", and exit");
    FrameWriter::new(both).send(b"bye").named("send")
}

/// Waits until its standard input ends. Then it looks for its ping.
pub(crate) fn latecomer(tell: &mut Narrator, path: &OsStr) -> Result<(), Stop> {
    let both = fifo::open(Path::new(path), OFlag::O_RDWR)?;
    FrameWriter::new(&both).send(b"ready").named("send")?;
    let turn = stdin().lock().read_to_end(&mut Vec::new());
    turn.named("read standard input")?;
    let waiting = observe::bytes_waiting(&both);
    must(waiting.agrees_with(0), "the ping is gone")?;
    tell.say(format!("latecomer {}", id()));
    tell.say(format!("{waiting} bytes wait: no ping for me"));
    Ok(())
}

/// Answers each ping until there are no more.
pub(crate) fn partner(
    tell: &mut Narrator,
    there: &OsStr,
    back: &OsStr,
) -> Result<(), Stop> {
    // The agreed order, the same on both sides: there, then back.
    let pings = fifo::open(Path::new(there), OFlag::O_RDONLY)?;
    let replies = fifo::open(Path::new(back), OFlag::O_WRONLY)?;
    let (mut pings, mut replies) =
        (FrameReader::new(pings), FrameWriter::new(replies));
    while let Some(ping) = pings.recv().named("recv")? {
        let pong = String::from_utf8_lossy(ping).replace("ping", "pong");
        replies.send(pong.as_bytes()).named("send")?;
    }
    tell.say(format!("partner {}", id()));
    tell.say("end of file: I leave");
    Ok(())
}
