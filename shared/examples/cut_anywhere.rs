//! A stream of frames can end anywhere: its writer is killed, or its disk is
//! full. Who receives should know a message that is whole from one that is
//! torn, and both from an end.
//!
//! What you will see: two frames, twelve bytes, sent thirteen times, each time
//! cut one byte later, and what the receiver says of it.
//!
//! Run it: `cargo run -p shared --example cut_anywhere`. Man page: read(2),
//! "RETURN VALUE". Claims: [SH-09] [SH-11].

use std::fs::File;
use std::process::ExitCode;

use nix::unistd::{pipe, write};
use shared::cli::{self, About};
use shared::frame::{FrameError, FrameReader, FrameWriter, HEADER};
use shared::narrate::{hex, quoted};
use shared::stop::{Named, Stop, must};

fn main() -> ExitCode {
    let shows = "Where a stream of frames may end, and where it is torn";
    let about = About { shows, ..shared::about!() };
    cli::run(&about, |tell, _words| {
        let mut stream = Vec::new();
        let mut frames = FrameWriter::new(&mut stream);
        frames.send(b"ping").named("send")?;
        frames.send(b"").named("send")?;
        tell.step("Two frames: \"ping\", and one of no bytes")?;
        tell.say(hex(&stream));

        // Between two frames, an end is an end. The receiver cannot know that
        // a frame was to follow: where that matters, the last one says so.
        tell.step("The same, cut after each byte")?;
        let borders = [0, HEADER + 4, stream.len()];
        for cut in 0..=stream.len() {
            let said = receive(&stream[..cut])?;
            tell.say(format!("after {cut:>2}  {said}"));
            let clean = said.ends_with("end of file");
            must(clean == borders.contains(&cut), "clean between frames")?;
        }
        let (places, clean) = (stream.len() + 1, borders.len());
        tell.say(format!(
            "{places} places, {clean} clean ends. At all but one"
        ));
        tell.say("of these, frames are lost, and it cannot be seen.");
        Ok(())
    })
}

/// Sends the bytes through a pipe, and leaves. Answers what the other end
/// receives, up to the end or an error.
fn receive(bytes: &[u8]) -> Result<String, Stop> {
    let (read_end, write_end) = pipe().named("pipe")?;
    write(&write_end, bytes).named("write")?;
    drop(write_end);

    let mut frames = FrameReader::new(File::from(read_end));
    let mut said = String::new();
    loop {
        match frames.recv() {
            Ok(Some(payload)) => said = format!("{said}{}, ", quoted(payload)),
            Ok(None) => return Ok(said + "end of file"),
            Err(FrameError::Truncated { missing }) => {
                return Ok(format!("{said}torn: {missing} missing"));
            }
            Err(e) => return Err(e).named("recv"),
        }
    }
}
