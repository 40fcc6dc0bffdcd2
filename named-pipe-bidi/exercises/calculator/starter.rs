//! Build it: a calculator in another program. A request goes through one FIFO,
//! its answer comes back through another, a frame each:
//!
//! - `serve THERE BACK` makes both FIFOs and answers `3 + 4` with `7`: two
//!   whole numbers (i64), with spaces around `+`, `-`, `*` or `/`. A quotient
//!   is cut off at the point: `7 / 2` is 3.
//! - Any other request gets an answer, too, which begins with `error: ` and
//!   says why: a division by zero, a result that does not fit, no calculation.
//!   It may hold any bytes. The next request is answered as if nothing were.
//! - When the requests end, the server ends, and removes both FIFOs.
//! - `ask THERE BACK` sends each line of standard input when it is typed, and
//!   prints what is answered. If the server leaves, it says so: status 1.
//!
//! Both sides open both FIFOs for both ways. So nobody waits in open, nobody
//! is told of an end, and the answer is an echo. To see how far you are:
//! `cargo test -p named-pipe-bidi --test exercise`. Man pages: fifo(7),
//! open(2).

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use shared::cli::{self, About};
use shared::deadline;
use shared::frame::{FrameReader, FrameWriter};
use shared::narrate::{Narrator, quoted};
use shared::stop::{Named, Stop};

fn main() -> ExitCode {
    let about = About {
        shows: "A calculator behind two FIFOs",
        ..shared::about!(
            "serve THERE BACK": "make both FIFOs, and answer on BACK",
            "ask THERE BACK": "send each line of standard input on THERE"
        )
    };
    cli::run(&about, |tell, words| match words {
        [role, there, back] if role == "serve" => {
            serve(Path::new(there), Path::new(back))
        }
        [role, there, back] if role == "ask" => ask(tell, there, back),
        _ => Err(cli::refuse(&about, words)),
    })
}

fn serve(there: &Path, back: &Path) -> Result<(), Stop> {
    // A server is there to wait: no deadline.
    deadline::rest();
    // Removed on every way out, Ctrl-C included. Who finds the second one finds
    // both.
    let _made = (fifo::make(back)?, fifo::make(there)?);
    // TODO: each for one way, in an order that both sides keep.
    let mut requests = FrameReader::new(fifo::open(there, OFlag::O_RDWR)?);
    let mut answers = FrameWriter::new(fifo::open(back, OFlag::O_RDWR)?);
    while let Some(request) = requests.recv().named("recv")? {
        answers.send(answer(request).as_bytes()).named("send")?;
    }
    Ok(())
}

fn ask(tell: &mut Narrator, there: &OsStr, back: &OsStr) -> Result<(), Stop> {
    let (there, back) = (Path::new(there), Path::new(back));
    // TODO: as above. If both sides wait in open, the deadline says so here.
    let mut answers = FrameReader::new(fifo::open(back, OFlag::O_RDWR)?);
    let mut requests = FrameWriter::new(fifo::open(there, OFlag::O_RDWR)?);
    // People take their time.
    deadline::rest();
    for line in io::stdin().lines() {
        let line = line.named("read standard input")?;
        requests.send(line.as_bytes()).named("send")?;
        // TODO: where there is no answer the server has left: `Stop::Failed`.
        let answer = answers.recv().named("recv")?.unwrap_or_default();
        tell.line(quoted(answer));
    }
    Ok(())
}

/// What the server answers, whatever it was asked.
fn answer(request: &[u8]) -> String {
    // TODO: `str::from_utf8`, `split_whitespace`, `checked_add` and so on.
    String::from_utf8_lossy(request).into_owned()
}
