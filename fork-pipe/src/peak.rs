//! The most memory that this process had at once, as the kernel has it.

use std::fmt;

use shared::observe::Seen;

/// In KiB, or unknown where the system does not tell.
pub(crate) struct Peak(Seen<usize>);

impl fmt::Display for Peak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "my memory at its peak: {} KiB", self.0)
    }
}

/// `VmHWM` in `proc_pid_status(5)`. Not getrusage(2) here: on Linux its
/// `ru_maxrss` survives an exec, so a program that cargo or a shell has become
/// is told what those had needed before.
#[cfg(target_os = "linux")]
pub(crate) fn so_far() -> Peak {
    let status = std::fs::read_to_string("/proc/self/status");
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Peak(Seen(kib.and_then(|number| number.parse().ok())))
}

/// `ru_maxrss` in getrusage(2): bytes on macOS, KiB on other systems.
#[cfg(not(target_os = "linux"))]
pub(crate) fn so_far() -> Peak {
    use nix::sys::resource::{UsageWho, getrusage};

    let unit = if cfg!(target_vendor = "apple") { 1024 } else { 1 };
    let used = getrusage(UsageWho::RUSAGE_SELF).ok();
    let most = used.and_then(|used| usize::try_from(used.max_rss()).ok());
    Peak(Seen(most.map(|most| most / unit)))
}
