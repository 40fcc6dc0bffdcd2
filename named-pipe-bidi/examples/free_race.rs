//! The ping-pong of goodyduru/ipc-demos, let loose: two processes, one FIFO
//! that both opened `O_RDWR`, a hundred rounds, and nothing that keeps either
//! of them from taking back its own message. Runs may end differently.
//!
//! Run it a few times: `cargo run -p named-pipe-bidi --example free_race`.
//! What is certain is the sum: what was sent was taken by somebody, or is
//! still there. Man pages: fifo(7), poll(2).

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use named_pipe_uni::fifo::{self, Home};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{read, write};
use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::observe;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{ChildGuard, hold_signals};

/// Rounds that each side tries to play.
const ROUNDS: usize = 100;

/// Silence after which a side gives up, in milliseconds: its message is with
/// the other one, or with itself, and will not come.
const PATIENCE: u16 = 200;

/// What one side saw.
#[derive(Default)]
struct Tally {
    sent: usize,
    arrived: usize,
    own: usize,
}

fn main() -> ExitCode {
    let about = About {
        shows: "Ping-pong over one O_RDWR FIFO, without any order",
        ..shared::about!("client PATH": "the other side, on PATH")
    };
    cli::run(&about, |tell, words| match words {
        [] => server(tell),
        [role, path] if role == "client" => client(path),
        _ => Err(cli::refuse(&about, words)),
    })
}

fn server(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("Two players, one letter box, no order")?;
    let home = Home::new()?;
    let path = home.path().join("both");
    let _made = fifo::make(&path)?;
    let both = fifo::open(&path, OFlag::O_RDWR | OFlag::O_NONBLOCK)?;
    let words = [OsStr::new("client"), path.as_os_str()];
    // No signal between starting it and minding it.
    let held = hold_signals()?;
    let client = cli::again(&words)?.stdout(Stdio::piped()).spawn();
    let mut client = client.named("start the client")?;
    let guard = ChildGuard::of(&client);
    drop(held);
    let Some(stdout) = client.stdout.take() else {
        return Err(Stop::Failed("the client has no standard output".into()));
    };
    let mut report = BufReader::new(stdout);
    let mut ready = String::new();
    report.read_line(&mut ready).named("read from the client")?;

    // Serve, then wait for an answer; whatever comes is taken for it.
    let mut mine = Tally::default();
    for _ in 0..ROUNDS {
        play(&mut mine, &both, b"ping")?;
        if !listen(&mut mine, &both, b"ping")? {
            break;
        }
    }

    // The client counted too, and prints three numbers when it is done.
    let mut numbers = String::new();
    report.read_line(&mut numbers).named("read from the client")?;
    let status = client.wait().named("waitpid")?;
    guard.reaped();
    must(status.success(), format!("the client ends well: {status}"))?;
    let counts: Vec<usize> =
        numbers.split_whitespace().flat_map(str::parse).collect();
    let [sent, arrived, own] = counts[..] else {
        return Err(Stop::Failed(format!("the client reported {numbers:?}")));
    };
    let its = Tally { sent, arrived, own };

    let rounds = mine.arrived;
    bar(tell, "pings that I took back myself", mine.own);
    bar(tell, "pings that the client got", its.arrived);
    bar(tell, "pongs that the client took back", its.own);
    bar(tell, "pongs that I got", mine.arrived);
    bar(tell, "rounds never finished", ROUNDS - rounds);

    // Each message is four bytes, written and read in one piece.
    let left = observe::bytes_waiting(&both);
    let taken = mine.arrived + mine.own + its.arrived + its.own;
    tell.say(format!("{} sent, {taken} taken", mine.sent + its.sent));
    must(left.agrees_with(4 * (mine.sent + its.sent - taken)), "the sums")?;
    tell.say(
        "Run it again: the counts may differ. Nothing else is certain but",
    );
    tell.say("that what was sent was taken once, or is still there.");
    Ok(())
}

/// The other side: wait for something, answer it, whatever it was.
fn client(path: &OsStr) -> Result<(), Stop> {
    let how = OFlag::O_RDWR | OFlag::O_NONBLOCK;
    let both = fifo::open(Path::new(path), how)?;
    print("ready\n")?;
    let mut mine = Tally::default();
    for _ in 0..ROUNDS {
        if !listen(&mut mine, &both, b"pong")? {
            break;
        }
        play(&mut mine, &both, b"pong")?;
    }
    print(&format!("{} {} {}\n", mine.sent, mine.arrived, mine.own))
}

fn print(line: &str) -> Result<(), Stop> {
    let printed = std::io::stdout().write_all(line.as_bytes());
    printed.named("write to standard output")
}

fn play(tally: &mut Tally, both: &File, word: &[u8]) -> Result<(), Stop> {
    write(both, word).named("write")?;
    tally.sent += 1;
    Ok(())
}

/// Takes the next message, whoever wrote it; false if none comes any more.
/// Two processes may be woken for one message, so the read does not wait.
fn listen(tally: &mut Tally, both: &File, own: &[u8]) -> Result<bool, Stop> {
    let mut word = [0; 4];
    loop {
        let mut asked = [PollFd::new(both.as_fd(), PollFlags::POLLIN)];
        let patience = PollTimeout::from(PATIENCE);
        if poll(&mut asked, patience).named("poll")? == 0 {
            return Ok(false);
        }
        match read(both, &mut word) {
            Ok(_) if word == own => tally.own += 1,
            Ok(_) => tally.arrived += 1,
            Err(Errno::EAGAIN | Errno::EINTR) => continue,
            Err(e) => return Err(e).named("read"),
        }
        return Ok(true);
    }
}

fn bar(tell: &mut Narrator, what: &str, count: usize) {
    let bar = "#".repeat(count * 30 / ROUNDS);
    tell.remark(what, &format!("{count:>4} {bar}"));
}
