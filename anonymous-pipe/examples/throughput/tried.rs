//! Each rung once, before it is timed: what is refused, whether all arrives,
//! and how many bytes are worth timing.

use std::io;
use std::time::Duration;

use nix::errno::Errno;
use shared::deadline;
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, errno};

use crate::further;
use crate::pattern::{LENGTH, Look};
use crate::rounds::bytes_for;
use crate::rungs::{Give, Pages, Rung, Take, ladder};
use crate::source::Source;
use crate::trip::{Reader, trip};

/// What is measured of a rung: how many bytes a trip has, and what each round
/// said, as GiB/s and as times the rung before.
pub(crate) struct Trips {
    pub(crate) rung: Rung,
    pub(crate) source: Source,
    pub(crate) bytes: usize,
    pub(crate) speeds: Vec<f64>,
    pub(crate) bought: Vec<f64>,
}

/// Before a rung is timed, each byte of it is looked at, once. Also where the
/// reader will only pass them on.
pub(crate) fn try_each(
    tell: &mut Narrator,
    reader: &mut Reader,
    goal: Duration,
) -> Result<Vec<Trips>, Stop> {
    tell.step("Each rung once: does all arrive as it was sent?")?;
    let pattern = &reader.checker.pattern;
    let sources = [Pages::Small, Pages::Huge];
    let sources = sources.map(|pages| Source::new(pages, pattern));
    let (mut trips, mut too_large) = (Vec::new(), None);
    for mut rung in ladder() {
        tell.still_heard()?;
        deadline::arm();
        let name = format!("{:<14} ", rung.name);
        tell.meanwhile(&name);
        // A user who may not have the larger pipe still has the other rungs.
        rung.capacity = rung.capacity.filter(|size| too_large != Some(*size));
        let source = sources[usize::from(rung.pages == Pages::Huge)];
        if let Some((call, why)) = refused(&rung, &source, reader)? {
            tell.say(format!("{name} left out: {call}: {why}"));
            if call == "F_SETPIPE_SZ" {
                too_large = rung.capacity;
            }
            continue;
        }
        let read = Rung { take: Take::Copy, ..rung };
        trip(&read, source.bytes, reader, 2 * LENGTH, Look::AtAll)?;
        let bytes = bytes_for(goal, |bytes| {
            trip(&rung, source.bytes, reader, bytes, Look::AtSome)
        })?;
        let how = match (rung.pages, rung.take) {
            (Pages::Huge, _) => source.how,
            (Pages::Small, Take::PassOn) => "read, this once",
            (Pages::Small, Take::Copy) => "",
        };
        let said = format!("{name} {} bytes, each as sent", 2 * LENGTH);
        tell.remark(said, how);
        let (speeds, bought) = (Vec::new(), Vec::new());
        trips.push(Trips { rung, source, bytes, speeds, bought });
    }
    Ok(trips)
}

/// What this system, or what limits this user, refuses of a rung: the call,
/// and why. It is tried with one byte, in this process alone.
fn refused(
    rung: &Rung,
    source: &Source,
    reader: &Reader,
) -> Result<Option<(&'static str, String)>, Stop> {
    let (read_end, write_end) = io::pipe().named("pipe")?;
    let size = rung.capacity;
    let grown = size.map_or(Ok(()), |size| further::grow(&write_end, size));
    let mut answers = vec![("F_SETPIPE_SZ", grown)];
    if rung.give == Give::Lend {
        let lent = further::lend(&write_end, &source.bytes[..1]);
        answers.push(("vmsplice", lent.map(drop)));
        // An empty pipe would wait.
        if lent.is_ok() && rung.take == Take::PassOn {
            let passed = further::pass_on(&read_end, &reader.nowhere, 1);
            answers.push(("splice", passed.map(drop)));
        }
    }
    let why = |e| match e {
        Errno::ENOSYS => "this system lacks it".to_string(),
        Errno::EPERM => format!("{}: see pipe(7) for limits", errno(e)),
        e => errno(e),
    };
    let mut refusals = answers
        .into_iter()
        .filter_map(|(call, answer)| Some((call, why(answer.err()?))));
    let small = rung.pages != source.pages;
    let no_page = small.then(|| ("huge pages", source.how.to_string()));
    Ok(refusals.next().or(no_page))
}
