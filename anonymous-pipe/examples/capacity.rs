//! How much does a pipe hold? That depends on how it is written: Linux gives
//! it slots, a page each, and counts those, not bytes.
//!
//! What you will see: how many bytes fit for sizes of a write from one byte to
//! the whole pipe; what `F_SETPIPE_SZ` makes of a wish; and how far this user
//! may go. Only Linux tells and sets the size: elsewhere it is "unknown".
//!
//! Run it: `cargo run -p anonymous-pipe --example capacity`. Man pages:
//! pipe(7), "Pipe capacity" and "/proc files"; fcntl(2), "Changing the capacity
//! of a pipe". Claims: [AP-31] [AP-32] [AP-33] [AP-36] [AP-37] [AP-38].

use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{SysconfVar, pipe, sysconf, write};
use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::observe::{self, Seen};
use shared::stop::{Named, Stop, must};
use shared::table::Table;

#[path = "capacity/size.rs"]
mod size;

fn main() -> ExitCode {
    let shows = "How much a pipe holds: slots, not bytes";
    let about = About { shows, ..shared::about!() };
    cli::run(&about, |tell, _words| {
        let page = sysconf(SysconfVar::PAGE_SIZE).named("sysconf")?;
        let page = page.and_then(|page| usize::try_from(page).ok());
        let page = page.ok_or(Stop::Failed("no page size".to_string()))?;
        what_fits(tell, page)?;
        size::what_is_granted(tell, page)?;
        size::how_far(tell, page)
    })
}

/// A write begins in the last slot if all that is left over of whole pages
/// still fits there, and in a new slot if not. The rest of the last one is
/// then lost, however many bytes that is.
fn what_fits(tell: &mut Narrator, page: usize) -> Result<(), Stop> {
    tell.step("What fits: slots, not bytes")?;
    let capacity = observe::capacity(new_pipe()?.1);
    let slots = Seen(capacity.0.map(|bytes| bytes / page));
    let says = format!("F_GETPIPE_SZ says {capacity}:");
    tell.say(format!("{says} {slots} slots of {page} bytes."));
    let columns = [
        ("a write of", 10),
        ("writes", 6),
        ("bytes that fit", 14),
        ("bytes unused", 12),
    ];
    let table = Table::new(tell, columns);
    let all = capacity.0.unwrap_or(16 * page);
    let (third, half) = (page / 3, page / 2);
    let small = [1, page / 4, third, third + 1, half, half + 1];
    for size in small.into_iter().chain([page, page + 1, all - 1, all]) {
        let (_read_end, write_end) = new_pipe()?;
        let (block, mut writes, mut fits) = (vec![0; size], 0, 0);
        loop {
            match write(&write_end, &block) {
                Ok(count) => (writes, fits) = (writes + 1, fits + count),
                Err(Errno::EAGAIN) => break,
                Err(e) => return Err(e).named("write"),
            }
        }
        let unused = Seen(capacity.0.map(|all| all.saturating_sub(fits)));
        table.row(
            tell,
            [
                &format!("{size:>10}"),
                &format!("{writes:>6}"),
                &format!("{fits:>14}"),
                &format!("{unused:>12}"),
            ],
        );
        // Up to a page each slot takes as many writes as go in whole.
        if let (Some(slots), true) = (slots.0, size <= page) {
            let rule = slots * (page / size) * size;
            must(fits == rule, format!("{rule} bytes, {size} a write"))?;
        }
        must(capacity.0.is_none_or(|all| fits <= all), "no more than all")?;
    }
    tell.say("Up to a page, a write goes into one slot: into the last");
    tell.say("one if it fits there whole, and else into a new one.");
    Ok(())
}

/// A pipe whose write end answers EAGAIN where it would wait.
pub(crate) fn new_pipe() -> Result<(OwnedFd, OwnedFd), Stop> {
    let (read_end, write_end) = pipe().named("pipe")?;
    let flags = FcntlArg::F_SETFL(OFlag::O_NONBLOCK);
    fcntl(&write_end, flags).named("fcntl")?;
    Ok((read_end, write_end))
}
