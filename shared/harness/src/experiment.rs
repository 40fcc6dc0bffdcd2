//! What experiments with pipes need: a call that must wait, and a user who is
//! not root. Both are threads of the test itself.
//!
//! A test that uses these never starts a program, and neither does another
//! test of its file: a program that is being started has a copy of every
//! descriptor, until its exec, and an end of a pipe that is held for a
//! millisecond more is an end of file that comes a millisecond late.

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use shared::observe::hang;

use crate::watch::DEADLINE;

/// A call that waits in the kernel, in a thread of its own.
#[derive(Debug)]
pub struct Waiting<T> {
    answer: Receiver<T>,
    thread: Pid,
}

/// Makes a call that must wait, and looks whether it does: the kernel says
/// that its thread sleeps, and has not run since.
///
/// # Panics
///
/// If the call returns instead.
#[must_use]
pub fn waits<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> Waiting<T> {
    let waiting = begins(call);
    assert!(waiting.still_waits(), "the call returned, or goes on");
    waiting
}

/// Makes a call that must not wait. If it does all the same, the test fails
/// at the deadline instead of hanging.
///
/// # Panics
///
/// If the call does not return by the deadline.
#[must_use]
pub fn at_once<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> T {
    begins(call).returns()
}

fn begins<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> Waiting<T> {
    let (tell, told) = channel();
    let (give, answer) = channel();
    thread::spawn(move || {
        let _ = tell.send(this_thread());
        let _ = give.send(call());
    });
    let thread = told.recv().unwrap_or_else(|_| panic!("no thread"));
    Waiting { answer, thread }
}

impl<T> Waiting<T> {
    /// Whether it waits, still.
    #[must_use]
    pub fn still_waits(&self) -> bool {
        if cfg!(target_os = "linux") {
            hang::is_stuck(self.thread)
        } else {
            let patience = Duration::from_millis(200);
            self.answer.recv_timeout(patience).is_err()
        }
    }

    /// Sends a signal to its thread alone, and waits until that has taken it.
    ///
    /// # Panics
    ///
    /// If it does not take it by the deadline.
    #[cfg(target_os = "linux")]
    pub fn is_sent(&self, signal: nix::sys::signal::Signal) {
        use nix::libc;

        let (process, thread) = (nix::unistd::getpid(), self.thread);
        let (group, number) = (process.as_raw(), signal as libc::c_int);
        let call = libc::SYS_tgkill;
        // SAFETY: it takes three numbers and touches no memory.
        let sent =
            unsafe { libc::syscall(call, group, thread.as_raw(), number) };
        assert_eq!(sent, 0, "tgkill {signal}");
        // A thread that has ended took it, too, and has no such file.
        let status = format!("/proc/self/task/{thread}/status");
        let pends = || {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let mut lines = text.lines();
            let bits = lines.find_map(|line| line.strip_prefix("SigPnd:"));
            let bits = bits.unwrap_or_default().trim();
            u64::from_str_radix(bits, 16)
                .is_ok_and(|bits| bits >> (number - 1) & 1 == 1)
        };
        assert!(becomes(|| !pends()), "{signal} is still pending");
    }

    /// What it answers, now that it can.
    ///
    /// # Panics
    ///
    /// If it does not return by the deadline.
    #[must_use]
    pub fn returns(self) -> T {
        match self.answer.recv_timeout(DEADLINE) {
            Ok(answer) => answer,
            Err(e) => panic!("{e}: {}", hang::explain(self.thread, &[])),
        }
    }
}

/// Whether something becomes so, by the deadline of all tests.
pub fn becomes(is_so: impl Fn() -> bool) -> bool {
    let end = Instant::now() + DEADLINE;
    while Instant::now() < end {
        if hang::soon(&is_so) {
            return true;
        }
    }
    false
}

/// Whether a process is stuck, and stays so for a second. What a test has
/// closed is not closed yet while a program that another test starts is between
/// its fork and its exec: up to there it holds all that this process has held.
#[must_use]
pub fn stays_stuck(process: Pid) -> bool {
    let end = Instant::now() + Duration::from_secs(1);
    while hang::is_stuck(process) {
        if Instant::now() > end {
            return true;
        }
    }
    false
}

/// The number by which the kernel knows this thread.
fn this_thread() -> Pid {
    #[cfg(target_os = "linux")]
    return nix::unistd::gettid();
    #[cfg(not(target_os = "linux"))]
    return nix::unistd::getpid();
}

/// A user for this process of tests alone, who owns nothing. Not nobody, who
/// may have other programs: an experiment takes all that the kernel grants the
/// pipes of one user.
#[cfg(target_os = "linux")]
#[must_use]
pub fn ordinary_user() -> u32 {
    64_000 + std::process::id() % 1000
}

/// Runs an experiment as an [`ordinary_user`], in a thread of its own: on Linux
/// each thread has a user, though no library lets it show.
///
/// # Panics
///
/// As the experiment; and if root may not become another user.
#[cfg(target_os = "linux")]
pub fn as_an_ordinary_user<T: Send>(
    experiment: impl FnOnce() -> T + Send,
) -> T {
    use nix::libc;

    if !crate::is_root() {
        return experiment();
    }
    let user = libc::c_long::from(ordinary_user().cast_signed());
    let run = || {
        for call in [libc::SYS_setresgid, libc::SYS_setresuid] {
            // SAFETY: it touches no memory. Not by way of libc, which would
            // change all threads.
            let answer = unsafe { libc::syscall(call, user, user, user) };
            assert_eq!(answer, 0, "root may become another user");
        }
        experiment()
    };
    match thread::scope(|scope| scope.spawn(run).join()) {
        Ok(answer) => answer,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Whether this thread has a capability, a number from capabilities(7): being
/// root is neither needed nor enough.
///
/// # Panics
///
/// Without /proc.
#[cfg(target_os = "linux")]
#[must_use]
pub fn may(capability: u32) -> bool {
    let path = "/proc/thread-self/status";
    let status = crate::get(std::fs::read_to_string(path), path);
    let mut lines = status.lines();
    let bits = lines.find_map(|line| line.strip_prefix("CapEff:\t"));
    let bits = u64::from_str_radix(bits.unwrap_or_default(), 16);
    crate::get(bits, path) >> capability & 1 == 1
}

/// The first two numbers of the kernel's release: (6, 18) for 6.18.44.
///
/// # Panics
///
/// If it has none.
#[cfg(target_os = "linux")]
#[must_use]
pub fn kernel() -> (u32, u32) {
    let name = crate::get(nix::sys::utsname::uname(), "uname");
    let release = name.release().to_string_lossy().into_owned();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    let mut next = || {
        let digits = numbers.next().unwrap_or_default();
        crate::get(digits.parse(), &release)
    };
    (next(), next())
}

/// Says that something cannot be shown here, and why.
pub fn skipped(why: &str) {
    println!("skipped: {why}");
}
