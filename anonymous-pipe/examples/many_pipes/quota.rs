//! What so many pipes cost a user: pages, of which the kernel counts all.

use std::fs;

use nix::unistd::{SysconfVar, sysconf};
use shared::narrate::Narrator;
use shared::observe::{self, Seen};
use shared::stop::{Named, Stop};

use super::Pipe;

/// Reckons with this kernel's own numbers. It makes no such pipes: for as long
/// as they were there, all other programs of the same user would get small
/// ones.
pub(crate) fn reckon(tell: &mut Narrator, pipes: &[Pipe]) -> Result<(), Stop> {
    let page = sysconf(SysconfVar::PAGE_SIZE).named("sysconf")?;
    let page = page.and_then(|page| usize::try_from(page).ok());
    let page = page.ok_or(Stop::Failed("no page size".to_string()))?;
    let soft = fs::read_to_string("/proc/sys/fs/pipe-user-pages-soft");
    let soft = soft.ok().and_then(|text| text.trim().parse().ok());
    let soft: Seen<usize> = Seen(soft);
    let each = pipes.first().and_then(|it| observe::capacity(&it.1).0);
    for size in each.into_iter().chain([1 << 20]) {
        let (count, pages) = (pipes.len(), pipes.len() * size.div_ceil(page));
        tell.say(format!("{count} pipes of {size} bytes: {pages} pages."));
    }
    tell.say(format!("All pipes of a user (pipe-user-pages-soft): {soft}."));
    match soft.0 {
        Some(0) => tell.say("That is no limit: this user may have them."),
        Some(soft) => {
            let most = soft / (1_usize << 20).div_ceil(page);
            tell.say(format!("So {most} of 1 MiB, if there is no other pipe."));
            tell.say("Then F_SETPIPE_SZ says EPERM, and new pipes are small.");
            tell.say("CAP_SYS_RESOURCE and CAP_SYS_ADMIN go beyond it.");
        }
        None => tell.say("This system does not tell."),
    }
    Ok(())
}
