//! The clients, and three looks at the server.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, pipe};
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, iter};

use harness::{Home, Program, get, pipes};
use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use nix::unistd::{Pid, alarm};
use proofs::outside::{prepare, quietly, soon};
use shared::frame::FrameWriter;
use shared::observe::proc;

const CONNECTS: u32 = 100_000;

/// The first look: by then all is warm, and what is made once is made.
const WARM: u32 = 1000;

/// So many pages may it grow from the first look to the last. That is less
/// than three bytes for a client: nothing that is kept is so small.
const PAGES: usize = 64;

/// Seconds for a thousand clients. On an idle machine they take a twentieth of
/// one.
const PATIENCE: u32 = 120;

/// What the server holds at a moment.
#[derive(Debug, Clone, Copy)]
struct Look {
    descriptors: usize,
    bytes: usize,
}

pub(crate) fn main() -> ExitCode {
    let word = env::args().nth(1);
    let count = word.map_or(Ok(CONNECTS), |word| word.parse());
    let Some(count) = count.ok().filter(|count| *count > WARM) else {
        println!("usage: endurance [CLIENTS, more than {WARM}]");
        return ExitCode::from(2);
    };
    let programs = prepare(&["named-pipe-uni"]);
    let programs = programs.ok_or("nothing is built".to_string());
    let told = programs.and_then(|at| quietly(|| endures(&at, count)));
    match told.and_then(|told| told) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn endures(programs: &Path, count: u32) -> Result<(), String> {
    let home = Home::fresh();
    let (told, out) = get(pipe(), "pipe");
    let server = Program::new(programs.join("named-pipe-uni"));
    let path = home.path().join("fifo");
    let server = server.in_home_of(&home).arg("server").arg(&path);
    // SIGALRM ends this program, should the server fall silent for good. Its
    // own output is a broken pipe then, and it leaves.
    alarm::set(PATIENCE);
    let server = server.start_between(Stdio::null(), out);
    let mut told = BufReader::new(told);
    until(&mut told, "I wait for clients")?;

    let begun = Instant::now();
    let mut looks = Vec::new();
    for client in 1..=count {
        // ENXIO would be a moment in which nobody reads. There must be none.
        let how = OFlag::O_WRONLY | OFlag::O_NONBLOCK;
        let fifo = fifo::open(&path, how)
            .map_err(|no| format!("client {client}: {:?}", no.errno))?;
        send(&fifo, &format!("client {client}"))?;
        drop(fifo);
        // In order: the next one comes when the server has seen this one go.
        until(&mut told, &format!(" \"client {client}\""))?;
        until(&mut told, "[eof]")?;
        if client % WARM == 0 {
            alarm::set(PATIENCE);
        }
        if [WARM, count / 2, count].contains(&client) {
            let look = look(server.process())?;
            let Look { descriptors, bytes } = look;
            println!(
                "{client} clients: {descriptors} descriptors, {} KiB",
                bytes / 1024
            );
            looks.push(look);
        }
    }
    let took = begun.elapsed();
    println!("{} us for a client", took.as_micros() / u128::from(count));
    let end =
        get(fifo::open(&path, OFlag::O_WRONLY).map_err(|no| no.errno), "open");
    send(&end, "end")?;
    until(&mut told, "end: the FIFO is removed")?;
    let status = server.ends();
    if status != 0 || path.exists() {
        return Err(format!("status {status}, FIFO left: {}", path.exists()));
    }

    let (first, last) = (looks[0], looks[looks.len() - 1]);
    if looks.iter().any(|look| look.descriptors != first.descriptors) {
        return Err("the number of descriptors is not the same".to_string());
    }
    let grown = last.bytes.saturating_sub(first.bytes) / pipes::page();
    println!("grown by {grown} pages; {PAGES} are allowed");
    if grown > PAGES {
        return Err("it grows".to_string());
    }
    Ok(())
}

fn send(fifo: &File, message: &str) -> Result<(), String> {
    let sent = FrameWriter::new(fifo).send(message.as_bytes());
    sent.map_err(|e| format!("{message}: {e}"))
}

/// Reads lines up to one with these words.
fn until(told: &mut impl BufRead, words: &str) -> Result<(), String> {
    let mut lines = iter::from_fn(|| {
        let mut line = String::new();
        let count = told.read_line(&mut line).ok()?;
        (count > 0).then_some(line)
    });
    let found = lines.any(|line| line.contains(words));
    found.then_some(()).ok_or(format!("it does not say {words:?}"))
}

/// Looks at it while it sleeps: it has opened its FIFO anew, and closed the
/// old one.
fn look(server: Pid) -> Result<Look, String> {
    let asleep =
        || proc::doing(server.as_raw()).is_some_and(|doing| doing.state == 'S');
    if !soon(Duration::from_secs(5), asleep) {
        return Err("it does not wait for the next client".to_string());
    }
    let place = Path::new("/proc").join(server.to_string());
    let descriptors = get(fs::read_dir(place.join("fd")), "fd").count();
    // VmRSS in status is quick and rough: each processor keeps some pages that
    // it has not added yet. This one counts.
    let rollup = get(fs::read_to_string(place.join("smaps_rollup")), "smaps");
    let rss = rollup.lines().find_map(|line| {
        let line = line.strip_prefix("Rss:")?.trim();
        line.strip_suffix(" kB")?.parse::<usize>().ok()
    });
    let bytes = rss.ok_or("smaps_rollup tells no Rss")? * 1024;
    Ok(Look { descriptors, bytes })
}
