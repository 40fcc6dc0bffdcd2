//! Text through a FIFO the way std suggests: a file, and `BufRead::lines`.
//! The newline is the frame. That is all it takes for text that you write
//! yourself, and it breaks for other bytes, in three ways at least.
//!
//! Run it: `cargo run -p named-pipe-uni --example lines`. Man pages: fifo(7).

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use named_pipe_uni::fifo::{self, Home};
use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};

fn main() -> ExitCode {
    let shows = "Lines of text through a FIFO, and where that breaks";
    let about = About { shows, ..shared::about!() };
    cli::run(&about, |tell, _words| {
        let home = Home::new()?;
        let path = home.path().join("lines");
        let _made = fifo::make(&path)?;

        tell.step("A line is a message, as long as it is a line")?;
        let got = send(tell, &path, &[b"one\n", b"two\n", b"\n"])?;
        must(got == ["one", "two", ""], "three lines are three messages")?;

        // The reader cannot tell a newline that ends a message from one that
        // belongs to it.
        tell.step("A newline inside a message makes two of it")?;
        let got = send(tell, &path, &[b"dear\nreader\n"])?;
        must(got == ["dear", "reader"], "one message becomes two")?;

        // The writer died before its newline. `lines` hands out the stump as
        // if it were whole.
        tell.step("A torn last line looks like a whole one")?;
        let got = send(tell, &path, &[b"pay 100\n", b"pay 10"])?;
        must(got == ["pay 100", "pay 10"], "the stump counts as a line")?;

        // A String is UTF-8. Bytes that are not are an error, and the line is
        // lost: it was taken out of the pipe to be looked at.
        tell.step("Bytes that are no UTF-8 are lost")?;
        let got = send(tell, &path, &[b"caf\xe9\n", b"tea\n"])?;
        must(got == ["(InvalidData)", "tea"], "the line is gone")?;

        tell.step("The cure is a frame")?;
        tell.say("A length in front carries any bytes, and a torn frame is an");
        tell.say("error: cargo run -p named-pipe-uni, and shared/src/frame.rs");
        Ok(())
    })
}

/// Sends the pieces from a thread: opening a FIFO for writing waits for its
/// reader, and here both are one process.
fn send(
    tell: &mut Narrator,
    path: &Path,
    pieces: &[&[u8]],
) -> Result<Vec<String>, Stop> {
    for piece in pieces {
        tell.say(format!("write {:?}", String::from_utf8_lossy(piece)));
    }
    let got = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            // Never File::create: where the FIFO is missing, it would make
            // a regular file of that name.
            let mut fifo = OpenOptions::new().write(true).open(path)?;
            pieces.iter().try_for_each(|piece| fifo.write_all(piece))
        });
        let fifo = File::open(path).named("open the FIFO for reading")?;
        let lines = BufReader::new(fifo).lines().map(|line| match line {
            Ok(line) => line,
            Err(e) => format!("({:?})", e.kind()),
        });
        let got = lines.collect::<Vec<_>>();
        match writer.join() {
            Ok(sent) => sent.named("write into the FIFO")?,
            Err(_) => return Err(Stop::Failed("the writer panicked".into())),
        }
        Ok(got)
    })?;
    for line in &got {
        tell.remark("", &format!("lines() gives {line:?}"));
    }
    Ok(got)
}
