//! What poll, select and epoll say of both ends of a pipe, in every state that
//! it can be in, and what a read or a write answers at the same moment.
//!
//! What you will see: two tables. Nothing here waits: each question has a
//! timeout of 0, and the ends are nonblocking. epoll is Linux's alone: on
//! another system its column says that there is none.
//!
//! Run it: `cargo run -p anonymous-pipe --example poll_table`. Man pages:
//! poll(2), select(2), epoll(7), pipe(7). Claims: [AP-35] [AP-49] [AP-50].

use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::PollFlags;
use nix::unistd::{SysconfVar, pipe, read, sysconf, write};
use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop};
use shared::table::Table;

#[path = "poll_table/ask.rs"]
mod ask;

use ask::Said;

fn main() -> ExitCode {
    let shows = "What poll, select and epoll say of a pipe in every state";
    let about = About { shows, ..shared::about!() };
    cli::run(&about, |tell, _words| {
        tell.step("A read end: is there a byte, is there a writer?")?;
        read_ends(tell)?;
        tell.say("HUP: no writer is left. It comes unasked.");
        tell.step("A write end: is there a free page, is there a reader?")?;
        write_ends(tell)?;
        tell.say("ERR: no reader is left. It comes unasked.");
        tell.say("1 byte free is not OUT, and yet that byte goes in.");
        tell.step("How to read it")?;
        tell.say("IN, OUT, HUP, ERR: POLLIN and so on; EPOLLIN, in epoll.");
        tell.say("select knows one word. Ready means: it would not wait.");
        tell.say("The last column was tried right after the others.");
        Ok(())
    })
}

fn read_ends(tell: &mut Narrator) -> Result<(), Stop> {
    let columns = [
        ("the pipe", 17),
        ("poll", 6),
        ("select", 6),
        ("epoll", 6),
        ("read, 1 byte", 14),
    ];
    let table = Table::new(tell, columns);
    for (state, bytes, writer) in [
        ("empty", 0, true),
        ("1 byte", 1, true),
        ("1 byte, no writer", 1, false),
        ("empty, no writer", 0, false),
    ] {
        let (read_end, write_end) = new_pipe()?;
        write(&write_end, &b"x"[..bytes]).named("write")?;
        let _writer = writer.then_some(write_end);
        let said = Said::of(&read_end, PollFlags::POLLIN)?;
        let answer = match read(&read_end, &mut [0]) {
            Ok(0) => "0 [eof]",
            Ok(_) => "1 byte",
            Err(Errno::EAGAIN) => "EAGAIN [empty]",
            Err(e) => return Err(e).named("read"),
        };
        said.row(tell, &table, state, answer);

        let mut rule = PollFlags::empty();
        rule.set(PollFlags::POLLIN, bytes > 0);
        rule.set(PollFlags::POLLHUP, !writer);
        said.must_be(rule)?;
    }
    Ok(())
}

fn write_ends(tell: &mut Narrator) -> Result<(), Stop> {
    let columns = [
        ("the pipe", 16),
        ("poll", 7),
        ("select", 6),
        ("epoll", 7),
        ("write, 1 byte", 13),
    ];
    let table = Table::new(tell, columns);
    let page = sysconf(SysconfVar::PAGE_SIZE).named("sysconf")?;
    let page = page.and_then(|page| usize::try_from(page).ok());
    let page = page.ok_or(Stop::Failed("no page size".to_string()))?;
    let block = vec![0; page];
    for (state, reader) in [
        ("empty", true),
        ("1 page free", true),
        ("1 byte free", true),
        ("full", true),
        ("empty, no reader", false),
        ("full, no reader", false),
    ] {
        let (read_end, write_end) = new_pipe()?;
        if !state.starts_with("empty") {
            while write(&write_end, &block).is_ok() {}
        }
        if state.ends_with("free") {
            read(&read_end, &mut block.clone()).named("read")?;
        }
        // A page goes in, but for its last byte.
        if state == "1 byte free" {
            write(&write_end, &block[1..]).named("write")?;
        }
        let _reader = reader.then_some(read_end);
        let said = Said::of(&write_end, PollFlags::POLLOUT)?;
        let answer = match write(&write_end, b"x") {
            Ok(_) => "1 byte",
            Err(Errno::EAGAIN) => "EAGAIN [full]",
            Err(Errno::EPIPE) => "EPIPE [epipe]",
            Err(e) => return Err(e).named("write"),
        };
        said.row(tell, &table, state, answer);

        let mut rule = PollFlags::empty();
        let room = state.starts_with("empty") || state == "1 page free";
        rule.set(PollFlags::POLLOUT, room);
        rule.set(PollFlags::POLLERR, !reader);
        said.must_be(rule)?;
    }
    Ok(())
}

/// A pipe whose ends answer EAGAIN where they would wait.
fn new_pipe() -> Result<(OwnedFd, OwnedFd), Stop> {
    let (read_end, write_end) = pipe().named("pipe")?;
    for end in [&read_end, &write_end] {
        let flags = FcntlArg::F_SETFL(OFlag::O_NONBLOCK);
        fcntl(end, flags).named("fcntl")?;
    }
    Ok((read_end, write_end))
}
