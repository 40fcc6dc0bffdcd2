//! The other process of `beyond_pipes`. It gets an address, and sends the same
//! frames in the same way, whatever stands at that address.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use shared::bug;
use shared::cli;
use shared::frame::{FrameReader, FrameWriter};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{ChildGuard, hold_signals};

/// A word, nothing, bytes that are no UTF-8, and more than one read brings.
pub(crate) const FRAMES: [&[u8]; 4] =
    [b"ping", b"", b"\xff\xfe\0", &[b'x'; 100_000]];

/// The sender's whole story. It speaks before its first frame, and when the
/// answer has come: the turn is its own then.
pub(crate) fn tells(
    tell: &mut Narrator,
    way: &OsStr,
    to: &OsStr,
) -> Result<(), Stop> {
    let address = to.to_string_lossy();
    let (call, stream): (_, OwnedFd) = match way.to_str() {
        Some("fifo") => {
            ("open", fifo::open(Path::new(to), OFlag::O_WRONLY)?.into())
        }
        Some("unix") => {
            let stream = UnixStream::connect(to);
            ("connect", stream.named(format!("connect {address}"))?.into())
        }
        Some("tcp") => {
            let stream = TcpStream::connect(&*address);
            ("connect", stream.named(format!("connect {address}"))?.into())
        }
        _ => return Err(Stop::Usage("WAY is fifo, unix or tcp".into())),
    };

    // From here on, a descriptor is a descriptor.
    let stream = File::from(stream);
    tell.say(format!("{call}, and I send {} frames", FRAMES.len()));
    let mut frames = FrameWriter::new(&stream);
    FRAMES.iter().try_for_each(|frame| frames.send(frame)).named("send")?;
    if call == "open" {
        // Through a FIFO no answer comes.
        return Ok(());
    }
    let mut frames = FrameReader::new(&stream);
    let answer = frames.recv().named("recv")?;
    must(answer == Some(b"thanks"), "the answer is a frame")?;
    tell.say("recv = \"thanks\"");
    Ok(())
}

/// Starts the sender, with nothing but an address.
pub(crate) fn start(way: &str, address: &OsStr) -> Result<ChildGuard, Stop> {
    // No signal between starting it and minding it.
    let held = hold_signals()?;
    let words = [OsStr::new("sender"), OsStr::new(way), address];
    let sender = cli::again(&words)?.spawn().named("start the sender")?;
    let sender = ChildGuard::of(&sender);
    drop(held);
    Ok(sender)
}

/// The answer, which passes the turn to the sender for its last word.
pub(crate) fn thank(
    tell: &mut Narrator,
    stream: impl Write,
    sender: ChildGuard,
) -> Result<(), Stop> {
    tell.remark("send(\"thanks\")", "back, over the same descriptor");
    FrameWriter::new(stream).send(b"thanks").named("send")?;
    bug::ends_well(sender)
}
