//! A solution of the exercise in starter.rs: a calculator behind two FIFOs.

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

    // Both sides open "there" first. If one began with "back", each would
    // wait in open for what the other one does next, for ever. Each opens one
    // end only: who holds both is never told that the other side has left.
    let mut requests = FrameReader::new(fifo::open(there, OFlag::O_RDONLY)?);
    let mut answers = FrameWriter::new(fifo::open(back, OFlag::O_WRONLY)?);

    // The end of the requests needs no message: the client has left.
    while let Some(request) = requests.recv().named("recv")? {
        answers.send(answer(request).as_bytes()).named("send")?;
    }
    Ok(())
}

fn ask(tell: &mut Narrator, there: &OsStr, back: &OsStr) -> Result<(), Stop> {
    let (there, back) = (Path::new(there), Path::new(back));
    // The order of the server: see there.
    let mut requests = FrameWriter::new(fifo::open(there, OFlag::O_WRONLY)?);
    let mut answers = FrameReader::new(fifo::open(back, OFlag::O_RDONLY)?);
    // People take their time.
    deadline::rest();
    for line in io::stdin().lines() {
        let line = line.named("read standard input")?;
        // One request, then its answer. Who sent all requests before reading
        // would wait at a full FIFO, and the server at the other one.
        requests.send(line.as_bytes()).named("send")?;
        let Some(answer) = answers.recv().named("recv")? else {
            return Err(Stop::Failed("the server has left".into()));
        };
        tell.line(quoted(answer));
    }
    Ok(())
}

/// What the server answers, whatever it was asked: a request is a stranger's,
/// and no request may end the server.
fn answer(request: &[u8]) -> String {
    match calculate(request) {
        Ok(number) => number.to_string(),
        Err(why) => format!("error: {why}"),
    }
}

fn calculate(request: &[u8]) -> Result<i64, &'static str> {
    let nonsense = "no calculation; this is one: 3 + 4";
    let text = str::from_utf8(request).map_err(|_| nonsense)?;
    let words: Vec<_> = text.split_whitespace().collect();
    let [left, operator, right] = words[..] else { return Err(nonsense) };
    let number = |word: &str| word.parse::<i64>().map_err(|_| nonsense);
    let (left, right) = (number(left)?, number(right)?);

    // Plain `+` would panic here, or go round in a release build.
    let result = match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" if right == 0 => return Err("division by zero"),
        "/" => left.checked_div(right),
        _ => return Err(nonsense),
    };
    result.ok_or("the result does not fit")
}
