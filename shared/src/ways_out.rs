//! Every way out of a demo leaves nothing behind.
//!
//! A story has a child, a FIFO and the directory it lies in. It can end by
//! its last step, by an error, by Ctrl-C, SIGTERM or SIGHUP, and by its
//! deadline. For the first two, Rust's destructors do the work: [`ChildGuard`]
//! and [`PathGuard`]. A signal runs no destructors, so one handler does the
//! same work with the few calls that signal-safety(7) allows, and then lets
//! the signal do what it does by default.

mod children;
mod names;

pub use children::ChildGuard;
use names::Entry;
pub use names::PathGuard;
pub(crate) use names::left_behind;

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use nix::libc;
use nix::sys::signal::{self, SaFlags, SigAction, SigHandler, SigSet};
use nix::sys::signal::{SigmaskHow, Signal};
use nix::unistd::{getpid, getppid};

use crate::observe::{self, Seen};
use crate::stop::{Named, Stop};

/// The signals that end a story early. SIGABRT is a program's own: Rust aborts
/// where there is no memory left, and runs no destructors.
const ENDINGS: [Signal; 5] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGABRT,
];

// All that the handler knows: whose the rest is, processes to end (0: none),
// and names to remove (null: none).
static OWNER: AtomicI32 = AtomicI32::new(0);
static CHILDREN: [AtomicI32; 64] = [const { AtomicI32::new(0) }; 64];
/// The child without which the story cannot go on; 0: none.
static PARTNER: AtomicI32 = AtomicI32::new(0);
static NAMES: [AtomicPtr<Entry>; 8] =
    [const { AtomicPtr::new(ptr::null_mut()) }; 8];

/// From now on a signal that ends this program cleans up first.
///
/// SIGHUP stays ignored where it was, as nohup(1) asks for. SIGINT does not: a
/// shell without job control starts what ends in `&` with SIGINT ignored, and
/// nobody means that.
///
/// # Errors
///
/// As sigaction(2) "ERRORS" lists.
pub fn install() -> Result<(), Stop> {
    OWNER.store(getpid().as_raw(), Ordering::SeqCst);
    // SA_RESETHAND: when the handler raises the signal again, it meets the
    // default action, and the shell sees how this program really ended. All
    // others wait: Ctrl-C ends a child, too, and the SIGCHLD for that would
    // interrupt this handler, and be told as a surprise.
    let action = SigAction::new(
        SigHandler::Handler(leave),
        SaFlags::SA_RESETHAND,
        SigSet::all(),
    );
    for ending in ENDINGS {
        let nohup = ending == Signal::SIGHUP;
        if nohup && observe::ignored(ending) == Seen(Some(true)) {
            continue;
        }
        // SAFETY: `leave` only makes calls that signal-safety(7) lists.
        unsafe { signal::sigaction(ending, &action) }.named("sigaction")?;
    }
    Ok(())
}

/// The handler, for a signal at any moment.
extern "C" fn leave(number: c_int) {
    clean_up();
    // SAFETY: raise is safe in a handler. The signal arrives when the handler
    // returns, and finds the default action.
    unsafe { libc::raise(number) };
}

/// What destructors would do, in calls that signal-safety(7) allows.
pub(crate) fn clean_up() {
    // A forked child has copies of these lists, and owns nothing in them.
    // SAFETY: getpid touches no memory.
    if unsafe { libc::getpid() } != OWNER.load(Ordering::SeqCst) {
        return;
    }
    // What ends it now is no surprise.
    PARTNER.store(0, Ordering::SeqCst);
    for child in &CHILDREN {
        let child = child.load(Ordering::SeqCst);
        if child > 0 {
            // SAFETY: kill touches no memory of ours. The number is its own
            // until it is reaped, and `reaped` follows each waitpid at once.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
    }
    // Files first, then the directories they lie in. On the wrong kind of
    // name each call fails and changes nothing.
    for remove in [libc::unlink, libc::rmdir] {
        for entry in &NAMES {
            let entry = entry.load(Ordering::SeqCst);
            // SAFETY: null, or an entry, which is never freed.
            let Some(entry) = (unsafe { entry.as_ref() }) else { continue };
            if entry.is_ours() {
                // SAFETY: a C string.
                unsafe { remove(entry.name.as_ptr()) };
            }
        }
    }
}

/// Text on standard error, if there is room for it: from a handler, or about a
/// program that hangs. Where nobody reads, a write would wait for ever, and in
/// a handler with signals held back.
pub(crate) fn last_words(text: &[u8]) {
    let mut asked = libc::pollfd { fd: 2, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one pollfd, and no time to wait.
    let room = unsafe { libc::poll(&raw mut asked, 1, 0) };
    if room > 0 {
        // SAFETY: the text has so many bytes.
        unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
    }
}

/// In a forked child, first thing: when its parent ends, in whatever way, it
/// ends, too, and signals that were held back for the fork are let in.
///
/// Linux has a signal for that, prctl(2) `PR_SET_PDEATHSIG`. Elsewhere the
/// child of a killed parent goes on.
pub fn end_with_parent() {
    end_with(OWNER.load(Ordering::SeqCst));
}

/// The same for a program that `parent` started: what was held back stays so
/// over exec(2), and it would be deaf to Ctrl-C and SIGTERM all its life.
pub(crate) fn end_with(parent: i32) {
    #[cfg(target_os = "linux")]
    {
        let (kill, any) = (libc::SIGKILL, libc::PR_SET_PTRACER_ANY);
        // SAFETY: prctl with these words touches no memory.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, kill) };
        // Under Yama, only an ancestor may see what a process sleeps in, if
        // it is not invited. It is: a hang should be able to be explained.
        // SAFETY: as above.
        unsafe { libc::prctl(libc::PR_SET_PTRACER, any) };
    }
    // It may have ended before the call above.
    if parent > 0 && getppid().as_raw() != parent {
        // SAFETY: it ends this process; nothing is used after it.
        unsafe { libc::_exit(1) }
    }
    let endings: SigSet = ENDINGS.into_iter().collect();
    // Letting signals in that are let in already changes nothing.
    let _ = endings.thread_unblock();
}

/// While this lives, the signals wait: between making something and naming
/// it to the handler there must be no gap.
#[derive(Debug)]
pub struct Held(SigSet);

/// Holds the signals back until the answer is dropped.
///
/// # Errors
///
/// As `pthread_sigmask(3)` "ERRORS" lists.
pub fn hold_signals() -> Result<Held, Stop> {
    let endings: SigSet = ENDINGS.into_iter().collect();
    let before = endings
        .thread_swap_mask(SigmaskHow::SIG_BLOCK)
        .named("pthread_sigmask")?;
    Ok(Held(before))
}

impl Drop for Held {
    fn drop(&mut self) {
        // Setting a mask that was in force a moment ago cannot fail.
        let _ = self.0.thread_set_mask();
    }
}
