//! Somebody sets `O_NONBLOCK`, to look without waiting, and somebody else's
//! read answers EAGAIN. The flag belongs to the open file description: every
//! dup has it, every child, and whoever comes after them.
//!
//! What you will see: a read that should wait and does not, after a dup and
//! after a child; then both look with poll, and the read waits.
//!
//! Run it: `cargo run -p anonymous-pipe --example shared_nonblock`. People met
//! it when Node.js made standard input nonblocking (nodejs/node#42826), and
//! when a program left a nonblocking standard output to the next one
//! (oven-sh/bun#33827). Man pages: fcntl(2), "File status flags", and dup(2).
//! Claims: [AP-13] [FP-02].

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{ForkResult, dup, fork, pipe, read, write};
use shared::bug;
use shared::cli::About;
use shared::observe::hang;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

/// What a look at an empty pipe answers.
const NOTHING: nix::Result<usize> = Err(Errno::EAGAIN);

fn main() -> ExitCode {
    let shows = "O_NONBLOCK is shared by all who share the description";
    let about = About { shows, ..shared::about!() };
    bug::run(&about, |tell, halves| {
        let mut buffer = [0; 64];
        if halves.broken {
            tell.step("Broken: O_NONBLOCK, set on a dup")?;
            let (read_end, _write_end) = pipe().named("pipe")?;
            let copy = dup(&read_end).named("dup")?;
            let (r, d) = (read_end.as_raw_fd(), copy.as_raw_fd());
            tell.say(format!(
                "dup({r}) = {d}, fcntl({d}, F_SETFL, O_NONBLOCK)"
            ));
            tell.call(format!("read({d}, 64)"), || look(&copy, false))
                .must_be(NOTHING, "as it wished: it does not wait")?;
            tell.call(format!("read({r}, 64)"), || {
                read(&read_end, &mut buffer)
            })
            .must_be(NOTHING, "it wished no such thing")?;

            tell.step("Broken: O_NONBLOCK, set by a child that has left")?;
            let (read_end, _write_end) = pipe().named("pipe")?;
            let r = read_end.as_raw_fd();
            let child = start(|| look(&read_end, false) == NOTHING)?;
            bug::ends_well(child)?;
            tell.say(format!("child: fcntl({r}, F_SETFL, O_NONBLOCK), exit"));
            tell.call(format!("read({r}, 64)"), || {
                read(&read_end, &mut buffer)
            })
            .must_be(NOTHING, "the child is gone; its flag is not")?;
        }
        if halves.mended {
            tell.step("Mended: a dup and a child ask poll")?;
            let (read_end, write_end) = pipe().named("pipe")?;
            let copy = dup(&read_end).named("dup")?;
            let (r, d) = (read_end.as_raw_fd(), copy.as_raw_fd());
            must(look(&copy, true) == NOTHING, "nothing is there")?;
            tell.remark(
                format!("poll({d}, POLLIN, 0) = 0"),
                "nothing is there",
            );
            bug::ends_well(start(|| look(&read_end, true) == NOTHING)?)?;
            tell.remark(format!("child: poll({r}, POLLIN, 0) = 0"), "the same");

            // The read is a child's, so that it can be watched as it waits.
            let child = start(|| read(&read_end, &mut buffer) == Ok(5))?;
            must(hang::is_stuck(child.pid()), "the read waits")?;
            tell.remark(format!("child: read({r}, 64)"), "waits, as it should");
            write(&write_end, b"hello").named("write")?;
            bug::ends_well(child)?;
            tell.remark(
                format!("child: read({r}, 64) = 5"),
                "\"hello\", written by now",
            );
        }
        Ok(())
    })
}

/// Looks whether something is there to read, and does not wait for it.
fn look(end: &OwnedFd, mended: bool) -> nix::Result<usize> {
    if mended {
        // poll asks, and sets nothing. That is enough while nobody else takes
        // the bytes between poll and read. Otherwise have a description of
        // your own: on Linux, open("/proc/self/fd/N") makes one.
        let wanted = PollFlags::POLLIN;
        let mut asked = [PollFd::new(end.as_fd(), wanted)]; // <-- the fix
        if poll(&mut asked, PollTimeout::ZERO)? == 0 {
            return NOTHING; // <-- the fix
        }
    } else {
        fcntl(end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    }
    read(end, &mut [0; 64])
}

/// Starts a child that does `work`, and ends well if that answers yes.
fn start(work: impl FnOnce() -> bool) -> Result<ChildGuard, Stop> {
    // SAFETY: this process has one thread.
    match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => Ok(ChildGuard::new(child)),
        ForkResult::Child => {
            ways_out::end_with_parent();
            let well = work();
            // SAFETY: it ends this process; nothing is used after it.
            unsafe { libc::_exit(i32::from(!well)) }
        }
    }
}
