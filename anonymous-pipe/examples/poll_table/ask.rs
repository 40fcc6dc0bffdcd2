//! The same question to poll, select and epoll: would it wait? None of them
//! waits here: each has a timeout of 0.

use std::os::fd::{AsFd, BorrowedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
#[cfg(target_os = "linux")]
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::sys::select::{FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};
use shared::table::Table;

/// What the three of them say of one end.
pub(crate) struct Said {
    poll: PollFlags,
    select: bool,
    /// None where the system has no epoll.
    epoll: Option<PollFlags>,
}

impl Said {
    /// Asks for `wanted`: POLLIN of a read end, POLLOUT of a write end.
    pub(crate) fn of(end: impl AsFd, wanted: PollFlags) -> Result<Self, Stop> {
        let end = end.as_fd();
        let said = ask_poll(end, wanted)?;
        // HUP and ERR are not asked for: they come even if nothing is.
        let unasked = ask_poll(end, PollFlags::empty())?;
        must(unasked == said - wanted, "HUP and ERR come unasked")?;
        Ok(Self {
            poll: said,
            select: ask_select(end, wanted)?,
            epoll: ask_epoll(end, wanted)?,
        })
    }

    /// Prints it, and beside it what the call itself `answers`.
    pub(crate) fn row(
        &self,
        tell: &mut Narrator,
        table: &Table<5>,
        state: &str,
        answers: &str,
    ) {
        let select = if self.select { "ready" } else { "-" };
        let epoll = self.epoll.map_or("none".to_string(), names);
        let poll = names(self.poll);
        table.row(tell, [state, &poll, select, &epoll, answers]);
    }

    /// Checks it. POSIX leaves some of it open; Linux does not.
    pub(crate) fn must_be(&self, rule: PollFlags) -> Result<(), Stop> {
        let sentence = format!("{}, and all three agree", names(rule));
        let agree = self.select != rule.is_empty() && self.epoll == Some(rule);
        let linux = cfg!(target_os = "linux");
        must(!linux || self.poll == rule && agree, sentence)
    }
}

/// `IN|HUP`: POLLIN and POLLHUP.
fn names(flags: PollFlags) -> String {
    let names = [
        (PollFlags::POLLIN, "IN"),
        (PollFlags::POLLOUT, "OUT"),
        (PollFlags::POLLHUP, "HUP"),
        (PollFlags::POLLERR, "ERR"),
    ];
    let names = names.iter().filter(|(flag, _)| flags.contains(*flag));
    let names: Vec<_> = names.map(|(_, name)| *name).collect();
    if names.is_empty() { "-".to_string() } else { names.join("|") }
}

fn ask_poll(end: BorrowedFd<'_>, wanted: PollFlags) -> Result<PollFlags, Stop> {
    let mut asked = [PollFd::new(end, wanted)];
    poll(&mut asked, PollTimeout::ZERO).named("poll")?;
    Ok(asked[0].revents().unwrap_or(PollFlags::empty()))
}

fn ask_select(end: BorrowedFd<'_>, wanted: PollFlags) -> Result<bool, Stop> {
    let mut set = FdSet::new();
    set.insert(end);
    let (to_read, to_write) = match wanted {
        PollFlags::POLLIN => (Some(&mut set), None),
        _ => (None, Some(&mut set)),
    };
    let now = &mut TimeVal::zero();
    let ready = select(None, to_read, to_write, None, now).named("select")?;
    Ok(ready == 1)
}

#[cfg(target_os = "linux")]
fn ask_epoll(
    end: BorrowedFd<'_>,
    wanted: PollFlags,
) -> Result<Option<PollFlags>, Stop> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC);
    let epoll = epoll.named("epoll_create1")?;
    // The bits that both know are the same numbers.
    let wanted = EpollFlags::from_bits_retain(wanted.bits().into());
    epoll.add(end, EpollEvent::new(wanted, 0)).named("epoll_ctl")?;
    let mut events = [EpollEvent::empty()];
    epoll.wait(&mut events, PollTimeout::ZERO).named("epoll_wait")?;
    let bits = i16::try_from(events[0].events().bits()).unwrap_or(0);
    Ok(Some(PollFlags::from_bits_retain(bits)))
}

/// This system has no epoll.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "as where there is epoll")]
fn ask_epoll(
    _end: BorrowedFd<'_>,
    _wanted: PollFlags,
) -> Result<Option<PollFlags>, Stop> {
    Ok(None)
}
