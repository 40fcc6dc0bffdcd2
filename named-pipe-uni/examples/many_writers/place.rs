//! The CPUs that the writers and the reader run on.

use shared::narrate::Narrator;
use shared::pin;
use shared::stop::{Named, Stop, errno};

/// One CPU for all writers, and the reader's. None: the system chooses.
pub(crate) struct Place(Option<[usize; 2]>);

impl Place {
    /// Chooses, and says so. On one CPU they take turns: whoever waits lets
    /// another one run. On two the reader works beside the writers.
    pub(crate) fn settle(tell: &mut Narrator, two: bool) -> Result<Self, Stop> {
        if cfg!(debug_assertions) {
            tell.say(
                "A debug build: its figures are not to compare. --release!",
            );
        }
        let cpus = pin::allowed();
        let place = match cpus[..] {
            [.., writers, reader] if two => [writers, reader],
            [.., cpu] if !two => [cpu, cpu],
            _ if two => {
                let only = format!("--two-cpus: this process may use {cpus:?}");
                return Err(Stop::Failed(only));
            }
            _ => {
                tell.say("This system alone chooses their CPUs.");
                return Ok(Self(None));
            }
        };
        let [writers, reader] = place;
        if let Err(e) = pin::to(reader) {
            let e = errno(e);
            tell.say(format!("They run anywhere: sched_setaffinity: {e}."));
            return Ok(Self(None));
        }
        tell.say(if two {
            format!("All writers on CPU {writers}, the reader on {reader}.")
        } else {
            format!(
                "Writers and reader take turns on one CPU, number {reader}."
            )
        });
        Ok(Self(Some(place)))
    }

    /// Does so on the writers' CPU: what is started there stays there.
    pub(crate) fn as_a_writer<T>(
        &self,
        start: impl FnOnce() -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let Some([writers, reader]) = self.0 else { return start() };
        pin::to(writers).named("sched_setaffinity")?;
        let started = start();
        pin::to(reader).named("sched_setaffinity")?;
        started
    }
}
