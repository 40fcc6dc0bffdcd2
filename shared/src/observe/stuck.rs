//! Whether a process is stuck, by the kernel's own count of its sleeps.

use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::{PollTimeout, poll};
use nix::sys::signal::kill;
use nix::unistd::Pid;

#[cfg(target_os = "linux")]
use super::proc;

/// How long a process must not have run to count as stuck, and how long that
/// may take to come about.
const STILL: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until a process is stuck: it sleeps, and has not run for a while. The
/// kernel counts its sleeps, so one that only looks idle is told apart.
///
/// # Returns
///
/// Whether it is; false if it ended, or is still at work after five seconds.
/// Without /proc, whether it is still there after a fifth of a second.
#[must_use]
pub fn is_stuck(process: Pid) -> bool {
    let start = Instant::now();
    let mut still_since = start;
    let mut last = None;
    while start.elapsed() < PATIENCE {
        if has_ended(process) {
            return false;
        }
        let now = sleeps(process);
        if now != last || now.is_none() {
            (last, still_since) = (now, Instant::now());
        } else if still_since.elapsed() >= STILL {
            return true;
        }
        if now.is_none() && start.elapsed() > 4 * STILL && !knows_sleeps() {
            return true;
        }
        // Between two looks, two milliseconds: a child that does not wait has
        // often ended by then.
        let _ = poll(&mut [], PollTimeout::from(2_u8));
    }
    false
}

/// Asks every millisecond, for a second at most, until `is_so`.
///
/// # Returns
///
/// Whether it became so.
pub fn soon(is_so: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if is_so() {
            return true;
        }
        if start.elapsed() > Duration::from_secs(1) {
            return false;
        }
        let _ = poll(&mut [], PollTimeout::from(1_u8));
    }
}

/// Asks waitid(2), and leaves the child to be waited for. A signal handler may
/// call it.
pub(crate) fn has_ended(child: Pid) -> bool {
    let mut about = MaybeUninit::<libc::siginfo_t>::zeroed();
    let how = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    let number = child.as_raw().cast_unsigned();
    // SAFETY: waitid fills the siginfo, if there is something to tell.
    let answer =
        unsafe { libc::waitid(libc::P_PID, number, about.as_mut_ptr(), how) };
    if answer != 0 {
        // Not our child: whether it is there has to do.
        return kill(child, None).is_err();
    }
    // SAFETY: all zeroes is a siginfo; it stays so while the child lives.
    unsafe { about.assume_init() }.si_signo != 0
}

/// How often a sleeping process has gone to sleep; none while it runs.
#[cfg(target_os = "linux")]
fn sleeps(process: Pid) -> Option<u64> {
    let doing = proc::doing(process.as_raw())?;
    let sleeps = proc::times_slept(process.as_raw())?;
    (doing.state == 'S').then_some(sleeps)
}

#[cfg(target_os = "linux")]
fn knows_sleeps() -> bool {
    proc::times_slept(nix::unistd::getpid().as_raw()).is_some()
}

#[cfg(not(target_os = "linux"))]
fn sleeps(_process: Pid) -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
fn knows_sleeps() -> bool {
    false
}
