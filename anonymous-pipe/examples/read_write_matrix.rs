//! read and write, tried on this machine with every kind of pipe: empty,
//! partly full, full, left by its writer, left by its reader; blocking and
//! not; with sizes below, at and above `PIPE_BUF`.
//!
//! What you will see: two tables. Each of their cells is a call in a child of
//! its own, so that one which waits holds up nobody, and the kernel says
//! whether it waits. The two functions `rule_of_...` foretell all cells.
//!
//! Run it: `cargo run -p anonymous-pipe --example read_write_matrix`. Man
//! pages: pipe(7), "`PIPE_BUF`"; read(2), write(2). Claims: [AP-19] [AP-34]
//! [AP-52] [AP-61].

use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{read, write};
use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::observe;
use shared::stop::{Stop, must};
use shared::table::Table;

#[path = "read_write_matrix/cell.rs"]
mod cell;
#[path = "read_write_matrix/sizes.rs"]
mod sizes;

use cell::State::{Byte, ByteFree, Empty, Full, PageFree};
use cell::{Filled, set_flags, tried};
use sizes::Sizes;

fn main() -> ExitCode {
    let shows = "read and write with every kind of pipe";
    let about = About { shows, ..shared::about!() };
    cli::run(&about, |tell, _words| {
        let sizes = Sizes::new()?;
        tell.step("read: is anything there? If not: who could write?")?;
        reads(tell, &sizes)?;
        tell.say("The size is only a limit: no read waits to be filled.");
        tell.step("write: who could read? If anybody: is there room?")?;
        writes(tell, &sizes)?;
        tell.say(format!("PIPE_BUF is {} here: up to it,", sizes.atomic));
        tell.say("all of a write goes in together, or nothing yet.");
        Ok(())
    })
}

/// What read has to answer. What is there is handed out, however little.
fn rule_of_read(held: usize, writer: bool, waits: bool) -> &'static str {
    match (held, writer, waits) {
        (1.., _, _) => "the bytes",
        (0, false, _) => "0 [eof]",
        (0, true, true) => "waits [empty]",
        (0, true, false) => "EAGAIN",
    }
}

fn reads(tell: &mut Narrator, sizes: &Sizes) -> Result<(), Stop> {
    let columns = [
        ("the pipe", 17),
        ("read of", 8),
        ("blocking", 13),
        ("O_NONBLOCK", 10),
    ];
    let table = Table::new(tell, columns);
    for state in [Empty, Byte, Full] {
        for (company, writer) in [("", true), (", no writer", false)] {
            let cell = |size, flag: OFlag| {
                let pipe = Filled::new(state, sizes.page)?;
                set_flags(&pipe.read_end, flag)?;
                let _writer = writer.then_some(pipe.write_end);
                let call = || read(&pipe.read_end, &mut vec![0; size]);
                let most = pipe.held.min(size);
                let answer = match tried(call)? {
                    None => "waits [empty]",
                    Some(Ok(0)) => "0 [eof]",
                    Some(Ok(count)) if count == most => "the bytes",
                    Some(Err(Errno::EAGAIN)) => "EAGAIN",
                    Some(_) => "something else",
                };
                let rule = rule_of_read(pipe.held, writer, flag.is_empty());
                must(answer == rule, format!("{state}{company}: {rule}"))?;
                Ok(answer)
            };
            let what = format!("{state}{company}");
            sizes.rows(tell, &table, &what, cell)?;
        }
    }
    Ok(())
}

/// What write has to answer, if there is room for so many bytes, or nobody who
/// reads. Up to `PIPE_BUF` bytes go in together or not at all. Of more a part
/// goes in, if there is room. (What is room for it? Linux counts pages: a byte
/// that is free in the last one is room for the odd byte of a page + 1, and it
/// would be none for two pages.)
fn rule_of_write(
    size: usize,
    room: Option<usize>,
    atomic: usize,
    waits: bool,
) -> &'static str {
    match (room, waits) {
        (None, _) => "EPIPE [epipe]",
        (Some(room), _) if size <= room => "all",
        (Some(1..), true) if size > atomic => "part, waits [full]",
        (Some(1..), false) if size > atomic => "a part",
        (Some(_), true) => "waits [full]",
        (Some(_), false) => "EAGAIN",
    }
}

fn writes(tell: &mut Narrator, sizes: &Sizes) -> Result<(), Stop> {
    let columns = [
        ("the pipe", 11),
        ("write of", 8),
        ("blocking", 18),
        ("O_NONBLOCK", 13),
    ];
    let table = Table::new(tell, columns);
    let states = [Empty, PageFree, ByteFree, Full].map(|state| (state, true));
    for (state, reader) in states.into_iter().chain([(Empty, false)]) {
        let what = state.to_string();
        let what = if reader { &what } else { "no reader" };
        let cell = |size, flag: OFlag| {
            let pipe = Filled::new(state, sizes.page)?;
            set_flags(&pipe.write_end, flag)?;
            let reader = reader.then_some(pipe.read_end);
            let answer = tried(|| write(&pipe.write_end, &vec![0; size]))?;
            let held = observe::bytes_waiting(&pipe.write_end);
            let answer = match answer {
                None if held.agrees_with(pipe.held) => "waits [full]",
                None => "part, waits [full]",
                Some(Ok(count)) if count == size => "all",
                Some(Ok(1..)) => "a part",
                Some(Err(Errno::EAGAIN)) => "EAGAIN",
                Some(Err(Errno::EPIPE)) => "EPIPE [epipe]",
                Some(_) => "something else",
            };
            let room = reader.map(|_| pipe.room);
            let rule = rule_of_write(size, room, sizes.atomic, flag.is_empty());
            must(answer == rule, format!("{what}: {rule}"))?;
            Ok(answer)
        };
        sizes.rows(tell, &table, what, cell)?;
    }
    Ok(())
}
