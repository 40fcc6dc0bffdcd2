//! On which CPU a program runs.
//!
//! Two programs at the ends of a pipe take turns on one CPU, or run side by
//! side on two and wake each other across. What is measured differs many
//! times over, and left alone the scheduler changes its mind in the middle.
//! So whoever measures says which of the two it is.

use nix::Result;

/// The CPUs that this program is allowed to run on, in the kernel's order.
/// None where the system does not tell. See `sched_getaffinity(2)`.
#[must_use]
pub fn allowed() -> Vec<usize> {
    system::allowed()
}

/// Keeps the calling thread, and what it starts from now on, on this CPU.
///
/// # Errors
///
/// As `sched_setaffinity(2)` "ERRORS" lists: EINVAL for a CPU that is not
/// there or not allowed. ENOSYS on a system without that call.
pub fn to(cpu: usize) -> Result<()> {
    system::to(cpu)
}

#[cfg(target_os = "linux")]
mod system {
    use nix::Result;
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    /// The calling thread, for both calls.
    const SELF: Pid = Pid::from_raw(0);

    pub(super) fn allowed() -> Vec<usize> {
        let Ok(set) = sched_getaffinity(SELF) else {
            return Vec::new();
        };
        let there = |cpu: &usize| set.is_set(*cpu) == Ok(true);
        (0..CpuSet::count()).filter(there).collect()
    }

    pub(super) fn to(cpu: usize) -> Result<()> {
        let mut only = CpuSet::new();
        only.set(cpu)?;
        sched_setaffinity(SELF, &only)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use nix::Result;
    use nix::errno::Errno;

    pub(super) fn allowed() -> Vec<usize> {
        Vec::new()
    }

    pub(super) fn to(_: usize) -> Result<()> {
        Err(Errno::ENOSYS)
    }
}
