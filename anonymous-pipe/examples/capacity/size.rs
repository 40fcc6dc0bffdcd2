//! The capacity that a program asks for, and what it is granted.

use std::fs;
use std::os::fd::AsFd;

use nix::errno::Errno;
#[cfg(target_os = "linux")]
use nix::fcntl::{FcntlArg, fcntl};
use nix::unistd::{read, write};
use shared::narrate::Narrator;
use shared::observe::{self, Seen};
use shared::stop::{Named, Stop, must};
use shared::table::Table;

use crate::new_pipe;

/// What becomes of a wish for another capacity.
pub(crate) fn what_is_granted(
    tell: &mut Narrator,
    page: usize,
) -> Result<(), Stop> {
    tell.step("F_SETPIPE_SZ: so many pages, a power of two")?;
    let all = observe::capacity(new_pipe()?.1);
    let Some(all) = all.0 else {
        tell.say("Unknown: this system has no F_SETPIPE_SZ.");
        return Ok(());
    };
    let columns = [("asked for", 9), ("granted", 7)];
    let table = Table::new(tell, columns);
    for wish in [1, page, page + 1, 3 * page, all - 1, all + 1] {
        let (_read_end, write_end) = new_pipe()?;
        let granted = set_size(&write_end, wish);
        // More than a user has at first can be refused.
        let rule = wish.max(page).next_power_of_two();
        let refused = granted == Err(Errno::EPERM) && wish > all;
        must(granted == Ok(rule) || refused, format!("{rule} for {wish}"))?;
        let granted = format!("{:>7}", word(granted));
        table.row(tell, [&format!("{wish:>9}"), &granted]);
    }
    // Slots again: what is in use stays, however little of it.
    if all < 2 * page {
        return Ok(());
    }
    let (read_end, write_end) = new_pipe()?;
    let more_than_half = vec![0; page / 2 + 1];
    for _ in 0..2 {
        write(&write_end, &more_than_half).named("write")?;
    }
    read(&read_end, &mut vec![0; page / 2]).named("read")?;
    let wait = observe::bytes_waiting(&read_end);
    tell.say(format!("{wait} bytes wait, less than a page, in two slots:"));
    let answer = set_size(&write_end, page);
    tell.call(format!("fcntl(F_SETPIPE_SZ, {page})"), || answer)
        .must_be(Err(Errno::EBUSY), "it counts slots")
}

/// What the administrator allows, and what that means for this user.
pub(crate) fn how_far(tell: &mut Narrator, page: usize) -> Result<(), Stop> {
    tell.step("How far this user may go")?;
    let columns = [("/proc/sys/fs", 20), ("says", 7), ("it counts", 23)];
    let table = Table::new(tell, columns);
    let files = [
        ("pipe-max-size", "bytes, of one pipe"),
        ("pipe-user-pages-soft", "pages; then small pipes"),
        ("pipe-user-pages-hard", "pages; then no pipes"),
    ];
    let [most, soft, _] = files.map(|(name, what)| {
        let said = fs::read_to_string(format!("/proc/sys/fs/{name}"));
        let said = said.ok().and_then(|said| said.trim().parse().ok());
        let said: Seen<usize> = Seen(said);
        table.row(tell, [name, &format!("{said:>7}"), what]);
        said
    });
    tell.say("0 pages: no limit. CAP_SYS_RESOURCE goes beyond each.");
    let (_read_end, write_end) = new_pipe()?;
    let (Some(most), Some(all)) = (most.0, observe::capacity(&write_end).0)
    else {
        return Ok(());
    };
    if let Some(soft @ 1..) = soft.0 {
        let pipes = soft / (all / page);
        tell.say(format!("{soft} pages: {pipes} pipes of {all} bytes."));
    }
    for wish in [most, most + 1] {
        let granted = set_size(&write_end, wish);
        let refused = matches!(granted, Err(Errno::EPERM | Errno::ENOMEM));
        let rule = Ok(wish.next_power_of_two());
        must(granted == rule || refused, format!("{rule:?} for {wish}"))?;
        let granted = word(granted);
        tell.say(format!("fcntl(F_SETPIPE_SZ, {wish}) = {granted}"));
    }
    Ok(())
}

/// Asks for another capacity: `F_SETPIPE_SZ` in fcntl(2).
#[cfg(target_os = "linux")]
fn set_size(end: impl AsFd, wish: usize) -> nix::Result<usize> {
    let wish = i32::try_from(wish).map_err(|_| Errno::EINVAL)?;
    let granted = fcntl(end, FcntlArg::F_SETPIPE_SZ(wish))?;
    Ok(usize::try_from(granted).unwrap_or(0))
}

/// This system has no `F_SETPIPE_SZ`.
#[cfg(not(target_os = "linux"))]
fn set_size(_end: impl AsFd, _wish: usize) -> nix::Result<usize> {
    Err(Errno::EINVAL)
}

fn word(granted: nix::Result<usize>) -> String {
    granted.map_or_else(|e| format!("{e:?}"), |bytes| bytes.to_string())
}
