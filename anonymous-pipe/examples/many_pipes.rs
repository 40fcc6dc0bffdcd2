//! One reader, many pipes: what does a message cost it? poll is handed the
//! whole list in each call, and the kernel asks every pipe on it. epoll keeps
//! the list in the kernel, and a pipe that gets a byte puts itself forward.
//!
//! What you will see: two curves, from 1 pipe to 64, of the time that one
//! message takes: a byte is written into one of the pipes, the reader waits for
//! all of them, finds the one, and reads it. Then why they are not larger.
//!
//! Run it: `cargo run --release -p anonymous-pipe --example many_pipes`. Man
//! pages: poll(2), epoll(7), pipe(7), "/proc files".

use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{pipe, read, write};
use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};
use shared::{deadline, pin};

#[path = "many_pipes/curves.rs"]
mod curves;
#[cfg(target_os = "linux")]
#[path = "many_pipes/epoll.rs"]
mod epoll;
#[path = "many_pipes/quota.rs"]
mod quota;

/// The ways to wait that this system has.
const WAYS: &[(&str, WaitFor)] = &[
    ("poll", by_poll),
    #[cfg(target_os = "linux")]
    ("epoll", epoll::watch),
];

/// A pipe: its read end, and its write end.
type Pipe = (OwnedFd, OwnedFd);

/// Waits until one of the pipes has something to read, and says which.
type Ready<'a> = Box<dyn FnMut() -> Result<usize, Stop> + 'a>;

/// Makes what it needs, before anything is measured.
type WaitFor = for<'a> fn(&'a [Pipe]) -> Result<Ready<'a>, Stop>;

/// A way to wait, so many pipes, and the nanoseconds of a message, by round.
struct Point<'a> {
    way: &'static str,
    wait_for: WaitFor,
    pipes: &'a [Pipe],
    rounds: Vec<f64>,
}

fn main() -> ExitCode {
    let about =
        shared::about!("--quick": "one short round: no figures to keep");
    let shows = "What a message costs, through one of many pipes";
    cli::run_asked(&About { shows, ..about }, |tell, asked| {
        let (rounds, messages) =
            if asked.has("--quick") { (1, 64) } else { (15, 2048) };
        // All are there from the start; the curves use more and more of them.
        let pipes = (0..64).map(|_| pipe()).collect::<Result<Vec<_>, _>>();
        let pipes = pipes.named("pipe")?;
        tell.step("One message through one of N pipes")?;
        measure(tell, &pipes, rounds, messages)?;
        tell.step("Why not 64 pipes of 1 MiB?")?;
        quota::reckon(tell, &pipes)
    })
}

/// All points of both curves in turn, round by round: when the machine is slow
/// for a while, it is slow for all of them.
fn measure(
    tell: &mut Narrator,
    pipes: &[Pipe],
    rounds: usize,
    messages: u32,
) -> Result<(), Stop> {
    let cpu = pin::allowed().last().copied();
    match cpu.filter(|cpu| pin::to(*cpu).is_ok()) {
        Some(cpu) => tell.say(format!("All of it runs on CPU {cpu}.")),
        None => tell.say("The system chooses the CPU, now this, now that."),
    }
    if cfg!(debug_assertions) {
        tell.say("A debug build: its figures are not to compare. --release!");
    }
    let mut points: Vec<Point<'_>> = Vec::new();
    for &(way, wait_for) in WAYS {
        for count in [1, 2, 4, 8, 16, 32, 64] {
            let (pipes, rounds) = (&pipes[..count], Vec::new());
            points.push(Point { way, wait_for, pipes, rounds });
        }
    }
    for round in 1..=rounds {
        tell.meanwhile(format!("round {round} of {rounds}"));
        tell.still_heard()?;
        for point in &mut points {
            deadline::arm();
            // Made for this point, and gone after it: whoever else waited for
            // the same pipes would be told of each message, too.
            let mut ready = (point.wait_for)(point.pipes)?;
            let took = send(point.pipes, messages, &mut ready)?;
            let each = took.as_secs_f64() * 1e9 / f64::from(messages);
            point.rounds.push(each);
        }
    }
    curves::show(tell, &points);
    Ok(())
}

/// poll(2) gets the list, and writes its answers into the list. The kernel
/// looks at each pipe in it, and then so does this program, for the answer.
#[expect(clippy::unnecessary_wraps, reason = "another way can fail")]
fn by_poll(pipes: &[Pipe]) -> Result<Ready<'_>, Stop> {
    let read_ends = pipes.iter().map(|(read_end, _)| read_end.as_fd());
    let asked = read_ends.map(|end| PollFd::new(end, PollFlags::POLLIN));
    let mut list: Vec<_> = asked.collect();
    Ok(Box::new(move || {
        poll(&mut list, PollTimeout::NONE).named("poll")?;
        let found = list.iter().position(|pipe| pipe.any() == Some(true));
        found.ok_or(Stop::Failed("poll: nothing is ready".to_string()))
    }))
}

/// Sends messages, each into some pipe and out again before the next.
fn send(
    pipes: &[Pipe],
    messages: u32,
    ready: &mut Ready<'_>,
) -> Result<Duration, Stop> {
    let mut random = 1_u32;
    let mut got = [0; 4];
    let start = Instant::now();
    for message in 0..messages {
        // xorshift: the same pipes in each run, in no order that would help.
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        let chosen = random as usize % pipes.len();
        let sent = message.to_le_bytes();
        write(&pipes[chosen].1, &sent).named("write")?;
        let found = ready()?;
        must(found == chosen, "the pipe that is ready is the one written to")?;
        read(&pipes[found].0, &mut got).named("read")?;
        must(got == sent, "a message arrives as it was sent")?;
    }
    Ok(start.elapsed())
}
