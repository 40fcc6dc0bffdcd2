//! The kernel's pipe, rebuilt in sixty lines of safe Rust: a ring of page
//! slots, a number of readers, a number of writers. Read pipe.rs first, in the
//! folder of the same name. Here the same calls go to it and to a real pipe,
//! and what follows from the ring comes out of both.
//!
//! Run it: `cargo run -p anonymous-pipe --example toy_pipe`. Linux only: other
//! systems make their pipes in other ways. Man pages: pipe(7), "Pipe capacity"
//! and "`PIPE_BUF`"; fcntl(2), "Changing the capacity of a pipe". Claims:
//! [AP-31] [AP-32] [AP-33] [AP-34] [AP-36] [AP-37] [FP-34].
#![forbid(unsafe_code)]

use std::process::ExitCode;

use nix::errno::Errno::{EAGAIN, EBUSY, EPIPE};
use nix::unistd::{PathconfVar, fpathconf};
use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};

use both::Both;
use pipe::Pipe;

#[path = "toy_pipe/answered.rs"]
mod answered;
#[path = "toy_pipe/both.rs"]
mod both;
#[path = "toy_pipe/pipe.rs"]
mod pipe;

fn main() -> ExitCode {
    let shows = "The kernel's pipe in sixty lines, beside the real one";
    let about = About { shows, ..shared::about!() };
    cli::run(&about, |tell, _words| {
        if !cfg!(target_os = "linux") {
            tell.say("Linux's pipe is a ring of pages; this system's is not.");
            return Ok(());
        }
        let both = a_ring(tell)?;
        a_whole_page(tell, both)?;
        what_fits(tell)?;
        shrinking(tell)?;
        two_counts(tell)
    })
}

/// A write goes behind the last bytes if it fits there, else into a slot of
/// its own.
fn a_ring(tell: &mut Narrator) -> Result<Both, Stop> {
    tell.step("A pipe is a ring of slots, with a page of memory in each")?;
    let mut both = Both::new()?;
    let Pipe { page, slots, .. } = both.toy;
    let capacity = page * slots;
    tell.say(format!("{capacity} bytes are {slots} slots of {page} bytes."));
    tell.say(format!("{:<22}{:>8}{:>8}", "call", "toy", "kernel"));
    let four = 4 * page;
    both.resize(four).must_be(tell, Ok(four), "four can be drawn")?;
    let (most, rest) = (page / 4 * 3, page / 4);
    both.write(most).must_be(tell, Ok(most), "")?;
    both.write(most).must_be(tell, Ok(most), "too long for the same page")?;
    both.write(rest).must_be(tell, Ok(rest), "fits into the last one")?;
    both.draw(tell);
    tell.say("# waits, - was read, . has room, [        ] is free.");
    must(both.toy.ring.len() == 2, "two slots are in use")?;
    Ok(both)
}

/// The same pipe, filled up: there are slots that are free, and the end of the
/// last page, and no other room.
fn a_whole_page(tell: &mut Narrator, mut both: Both) -> Result<(), Stop> {
    tell.step("A full pipe needs a whole free page for one byte")?;
    let page = both.toy.page;
    let most = page / 4 * 3;
    let rest = 2 * page;
    both.write(rest).must_be(tell, Ok(rest), "the slots that were left")?;
    both.read(most - 1).must_be(
        tell,
        Ok(most - 1),
        "all of a page but a byte",
    )?;
    both.write(1).must_be(tell, Err(EAGAIN), "no slot is free yet [full]")?;
    both.draw(tell);
    both.read(1).must_be(tell, Ok(1), "the last byte of its page")?;
    both.write(1).must_be(tell, Ok(1), "now there is a slot")?;
    both.draw(tell);

    // Now no slot is free, and the last page has room for all but a byte.
    tell.step("Up to a page, a write goes in whole or not at all")?;
    let atomic = fpathconf(&both.readers[0], PathconfVar::PIPE_BUF);
    let atomic = atomic.named("fpathconf")?.unwrap_or(0);
    tell.say(format!("PIPE_BUF is {atomic}, at most a page."));
    let atomic = usize::try_from(atomic).unwrap_or(0);
    must((1..=page).contains(&atomic), "PIPE_BUF is at most a page")?;
    both.write(page).must_be(tell, Err(EAGAIN), "no slot, so none of it")?;
    both.write(page + 9).must_be(tell, Ok(9), "torn: 9 are over a page")?;
    let last = page - 10;
    both.write(last).must_be(tell, Ok(last), "fits to the last byte")?;
    both.draw(tell);
    Ok(())
}

/// A page whose end is too short for the next write keeps that end empty.
fn what_fits(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("So what fits depends on the size of the writes")?;
    let Pipe { page, slots, .. } = Both::new()?.toy;
    let whole = Ok(page * slots);
    let mut fill =
        |length, fits, why| Both::new()?.fill(length).must_be(tell, fits, why);
    fill(page / 64, whole, "they fill each page")?;
    fill(page / 3, Ok(page / 3 * 3 * slots), "three to a page")?;
    fill(page / 2 + 1, Ok((page / 2 + 1) * slots), "one to a page: half")?;
    fill(page, whole, "one to a page")
}

/// What is left would fit into one page. It lies in two.
fn shrinking(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("To shrink it, slots are counted, not bytes")?;
    let mut both = Both::new()?;
    let page = both.toy.page;
    let (four, half) = (4 * page, page / 2);
    both.resize(3 * page).must_be(tell, Ok(four), "a power of two")?;
    both.write(half + 1).must_be(tell, Ok(half + 1), "")?;
    both.write(half + 1).must_be(tell, Ok(half + 1), "")?;
    both.read(half).must_be(tell, Ok(half), "- was read: no room again")?;
    both.draw(tell);
    both.resize(page).must_be(tell, Err(EBUSY), "two slots are in use")?;
    both.read(1).must_be(tell, Ok(1), "")?;
    both.resize(page).must_be(tell, Ok(page), "one slot is in use")
}

/// They say what to answer where no byte can move.
fn two_counts(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("Two counts: how many readers, how many writers")?;
    let mut both = Both::new()?;
    both.read(1).must_be(tell, Err(EAGAIN), "a writer may come yet [empty]")?;
    both.dup_writer(tell)?;
    both.close_writer(tell);
    both.read(1).must_be(tell, Err(EAGAIN), "one is left")?;
    both.close_writer(tell);
    both.read(1).must_be(tell, Ok(0), "none: the end of file [eof]")?;

    let mut both = Both::new()?;
    both.close_reader(tell);
    both.write(1).must_be(tell, Err(EPIPE), "nobody can read it [epipe]")?;
    both.write(0).must_be(tell, Ok(0), "nobody looks for a reader")?;
    tell.say("A million random calls get the same answers, too:");
    tell.say("cargo test -p anonymous-pipe --test facts toy_pipe");
    Ok(())
}
