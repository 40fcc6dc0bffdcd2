//! The CPUs that writer and reader run on.

use shared::narrate::Narrator;
use shared::pin;
use shared::stop::{Stop, errno};

/// Settles this process, the writer, on a CPU, and says which one is the
/// reader's. On one CPU they take turns, and what one wrote the other finds in
/// its cache; on two they work at once, and have to wake each other. Which of
/// them it is can matter more than a rung, and the kernel, left to itself,
/// moves them about.
pub(crate) fn settle(
    tell: &mut Narrator,
    two: bool,
) -> Result<Option<usize>, Stop> {
    tell.step("Two processes, and where they run")?;
    if cfg!(debug_assertions) {
        tell.say("A debug build: its figures are not to compare. --release!");
    }
    let cpus = pin::allowed();
    if cpus.is_empty() {
        tell.say("This system alone chooses their CPUs.");
        return Ok(None);
    }
    let (cpu, other) = match cpus[..] {
        [.., other, cpu] if two => (cpu, Some(other)),
        [.., cpu] if !two => (cpu, None),
        _ => {
            let only = format!("--two-cpus: this process may use {cpus:?}");
            return Err(Stop::Failed(only));
        }
    };
    match (pin::to(cpu), other) {
        (Err(e), _) => {
            let e = errno(e);
            tell.say(format!("They run anywhere: sched_setaffinity: {e}."));
            return Ok(None);
        }
        (Ok(()), None) => {
            tell.say(format!("Writer and reader take turns on CPU {cpu}."));
        }
        (Ok(()), Some(other)) => {
            let where_ = format!("The writer on CPU {cpu}, the reader on");
            tell.say(format!("{where_} {other}."));
        }
    }
    tell.say("They stay: where they run decides more than most rungs do.");
    Ok(other)
}
