//! epoll(7): the list of pipes stays in the kernel.

use nix::sys::epoll::{
    Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout,
};
use shared::stop::{Named, Stop};

use super::{Pipe, Ready};

/// The list goes to the kernel once. From then on a write into one of these
/// pipes also puts that pipe on a list of what is ready, so a wait looks at
/// the ready ones, and never at the others.
pub(crate) fn watch(pipes: &[Pipe]) -> Result<Ready<'_>, Stop> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC);
    let epoll = epoll.named("epoll_create1")?;
    for (number, (read_end, _)) in (0..).zip(pipes) {
        // The number comes back with the answer: nobody has to search.
        let event = EpollEvent::new(EpollFlags::EPOLLIN, number);
        epoll.add(read_end, event).named("epoll_ctl")?;
    }
    Ok(Box::new(move || {
        let mut found = [EpollEvent::empty()];
        epoll.wait(&mut found, EpollTimeout::NONE).named("epoll_wait")?;
        let number = usize::try_from(found[0].data());
        number.map_err(|e| Stop::Failed(format!("epoll_wait: {e}")))
    }))
}
