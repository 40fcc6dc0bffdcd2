//! One read is not one message. A pipe keeps bytes and forgets where a write
//! ended, so a reader that asks for four bytes gets four bytes of whatever is
//! queued, and a loop that waits for `end` never sees it.
//!
//! What you will see: `hi`, `ping` and `end` go in; what four-byte reads make
//! of them; and the same three, each in a frame, come out whole.
//!
//! Run it: `cargo run -p named-pipe-uni --example one_read_one_message`.
//! People met it in the server of goodyduru/ipc-demos, which one article
//! prints, in NationalSecurityAgency/pelz#71, which had sleeps between its
//! messages, and over a socket in ORNL-Real-Sim/FIXS#87. Man page: pipe(7),
//! "I/O on pipes and FIFOs". Claim: [NU-22].

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use named_pipe_uni::fifo::{self, Home};
use nix::fcntl::OFlag;
use nix::unistd::{read, write};
use shared::bug;
use shared::cli::About;
use shared::frame::{FrameReader, FrameWriter};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};

/// What the client says. The last one means: I am done.
const MESSAGES: [&str; 3] = ["hi", "ping", "end"];

fn main() -> ExitCode {
    let shows = "A read of four bytes is not a message of four bytes";
    let about = About { shows, ..shared::about!() };
    bug::run(&about, |tell, halves| {
        let home = Home::new()?;
        let path = home.path().join("ping");
        let _made = fifo::make(&path)?;

        if halves.broken {
            tell.step("Broken: one read is taken for one message")?;
            let got = broken(&path)?;
            show(tell, "write", &MESSAGES);
            show(tell, "read 4", &got);
            must(got.concat() == MESSAGES.concat(), "every byte comes out")?;
            must(!got.contains(&"end".to_string()), "no read says end")?;
            tell.say("Every byte is there. No read said \"end\".");
        }
        if halves.mended {
            tell.step("Mended: one frame is one message")?;
            let got = mended(&path)?;
            show(tell, "send", &MESSAGES);
            show(tell, "recv", &got);
            must(got == MESSAGES, "each message comes out as it went in")?;
            tell.say("The frame says how long it is, so no byte is a guess.");
        }
        Ok(())
    })
}

/// The server of the article. Messages of four bytes and one of three come
/// out right, as long as they come in that order.
fn broken(path: &Path) -> Result<Vec<String>, Stop> {
    let (reader, writer) = both_ends(path)?;
    for message in MESSAGES {
        write(&writer, message.as_bytes()).named("write")?;
    }
    drop(writer);

    // The article's loop ends at "end" alone. This one ends at the end of
    // file, too: the article's would read nothing, again and again.
    let (mut got, mut word) = (Vec::new(), [0; 4]);
    while got.last().is_none_or(|word| word != "end") {
        let count = read(&reader, &mut word).named("read")?;
        if count == 0 {
            break;
        }
        got.push(String::from_utf8_lossy(&word[..count]).into_owned());
    }
    Ok(got)
}

/// The length goes in front of each message, and the reader reads by it.
fn mended(path: &Path) -> Result<Vec<String>, Stop> {
    let (reader, writer) = both_ends(path)?;
    let mut writer = FrameWriter::new(writer); // <-- the fix
    for message in MESSAGES {
        writer.send(message.as_bytes()).named("send")?;
    }
    drop(writer);

    let mut reader = FrameReader::new(reader); // <-- the fix
    let mut got = Vec::new();
    while let Some(frame) = reader.recv().named("recv")? {
        got.push(String::from_utf8_lossy(frame).into_owned());
    }
    Ok(got)
}

/// Reader first, and without waiting: here both ends are one process.
fn both_ends(path: &Path) -> Result<(File, File), Stop> {
    let reader = fifo::open(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
    let writer = fifo::open(path, OFlag::O_WRONLY)?;
    Ok((reader, writer))
}

fn show(tell: &mut Narrator, call: &str, words: &[impl AsRef<str>]) {
    let words: Vec<_> =
        words.iter().map(|word| format!("{:?}", word.as_ref())).collect();
    tell.say(format!("{call:<7} {}", words.join(", ")));
}
