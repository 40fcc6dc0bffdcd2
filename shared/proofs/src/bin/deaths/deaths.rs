//! All rows, with each signal, at random moments.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

use harness::Signal;
use proofs::outside::{prepare, quietly};

use crate::cast::{ROWS, Row};
use crate::run::{Came, Stage};

const DEMOS: [&str; 3] = ["fork-pipe", "named-pipe-uni", "named-pipe-bidi"];

const SIGNALS: [Signal; 4] =
    [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP];

/// How often each row meets each signal.
const COUNT: usize = 200;

/// So many tries for one that counts, at most. A program may live for less
/// time than this one has to wait for a processor, on a busy machine, and then
/// nearly every moment is too late.
const TRIES: usize = 100;

/// So many that nobody heard for one that counts are no accident any more. A
/// busy machine leaves a process on its way out for long.
const DEAF: usize = 2;

/// So many failures of a row and a signal are told, the others counted.
const SHOWN: usize = 3;

/// So many at once: each waits for a good part of its time. Those that live
/// long do so because they wait, and cost nothing meanwhile.
const AT_ONCE: usize = 4;
const WAITING: (usize, Duration) = (16, Duration::from_millis(50));

/// What became of the tries of one row with one signal.
#[derive(Default)]
struct Tally {
    tried: AtomicUsize,
    held: AtomicUsize,
    late: AtomicUsize,
    unheard: AtomicUsize,
    wrong: AtomicUsize,
}

pub(crate) fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let Some(programs) = prepare(&DEMOS) else { return ExitCode::FAILURE };
    let number = |word: &String| word.parse::<u64>().ok();
    match words.as_slice() {
        [row, signal, moment] => {
            let row = ROWS.iter().find(|known| known.name == row);
            let (signal, moment) = (signal.parse().ok(), number(moment));
            if let (Some(row), Some(signal), Some(moment)) =
                (row, signal, moment)
            {
                let moment = Duration::from_micros(moment);
                return one(&programs, row, signal, moment);
            }
        }
        [] => return all(&programs, COUNT, RandomState::new().hash_one(0)),
        [count] | [count, _] => {
            let seed = words
                .get(1)
                .map_or(Some(RandomState::new().hash_one(0)), number);
            if let (Ok(count), Some(seed)) = (count.parse(), seed) {
                return all(&programs, count, seed);
            }
        }
        _ => {}
    }
    println!("usage: deaths [COUNT [SEED] | ROW SIGNAL MICROSECONDS]");
    ExitCode::from(2)
}

fn all(programs: &Path, count: usize, seed: u64) -> ExitCode {
    println!("seed {seed}");
    let (mut sum, mut wrong) = (0, 0);
    for (at, row) in ROWS.iter().enumerate() {
        let begun = Instant::now();
        let length = match length(programs, row) {
            Ok(length) => length,
            Err(why) => {
                println!("{}, nobody killed: {why}", row.name);
                return ExitCode::FAILURE;
            }
        };
        println!("{}, {} us", row.name, length.as_micros());
        for (with, signal) in SIGNALS.into_iter().enumerate() {
            let moments = Moments(seed ^ ((at * 4 + with) as u64) << 48);
            let tally = deaths(programs, row, signal, length, count, moments);
            let Tally { tried, held, late, unheard, wrong: bad } = tally;
            let [tried, held, late, unheard, bad] =
                [tried, held, late, unheard, bad].map(AtomicUsize::into_inner);
            let enough = held + bad >= count;
            println!(
                "   {signal:<8}{tried:>5} tried{held:>5} held{late:>5} too \
                 late{unheard:>5} unheard"
            );
            if !enough {
                println!("   too few are heard in time");
            }
            sum += held + bad;
            wrong += bad + usize::from(!enough);
        }
        println!("   {} ms", begun.elapsed().as_millis());
    }
    println!("{sum} deaths, {wrong} wrong; seed {seed}");
    ExitCode::from(u8::from(wrong > 0 || sum == 0))
}

/// How long a run lasts, of some that last differently long, as many at once as
/// later: a short one. After that most signals would be too late.
fn length(programs: &Path, row: &Row) -> Result<Duration, String> {
    let dry = || {
        let run = || Stage::new(row, programs).length();
        (0..3).map(|_| quietly(run)?).collect::<Result<Vec<_>, _>>()
    };
    let runs = thread::scope(|scope| {
        let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(dry)).collect();
        let all = all.into_iter().map(|one| {
            one.join().unwrap_or(Err("a thread panicked".to_string()))
        });
        all.collect::<Result<Vec<_>, _>>()
    });
    let mut runs = runs?.concat();
    runs.sort();
    Ok(runs[runs.len() / 4])
}

/// Goes on until enough of them count.
fn deaths(
    programs: &Path,
    row: &Row,
    signal: Signal,
    length: Duration,
    count: usize,
    moments: Moments,
) -> Tally {
    let tally = Tally::default();
    let add = |number: &AtomicUsize| number.fetch_add(1, Ordering::SeqCst);
    let moments: VecDeque<_> = moments.take(count * TRIES).collect();
    // Those that are under way count as if they came in time: else the last
    // ones would be more than were asked for.
    let open = Mutex::new((moments, count));
    let next = || {
        let mut open = open.lock().ok()?;
        let left = open.1.checked_sub(1)?;
        let moment = open.0.pop_front()?;
        open.1 = left;
        Some(moment)
    };
    let again = || {
        if let Ok(mut open) = open.lock() {
            open.1 += 1;
        }
    };
    let work = || {
        while let Some(share) = next() {
            let moment = length.mul_f64(share);
            add(&tally.tried);
            let stage = Stage::new(row, programs);
            let trial = quietly(|| stage.trial(signal, moment));
            match trial.unwrap_or_else(Err) {
                Ok(Came::Held) => drop(add(&tally.held)),
                Ok(Came::TooLate) => {
                    add(&tally.late);
                    again();
                }
                Ok(Came::Unheard) => {
                    if add(&tally.unheard) < count * DEAF {
                        again();
                    }
                }
                Err(why) => {
                    // More of the same would say nothing new.
                    if add(&tally.wrong) >= SHOWN {
                        continue;
                    }
                    let (name, at) = (row.name, moment.as_micros());
                    println!("deaths '{name}' {signal} {at}: {why}");
                }
            }
        }
    };
    thread::scope(|scope| {
        let (many, long) = WAITING;
        for _ in 0..if length > long { many } else { AT_ONCE } {
            scope.spawn(work);
        }
    });
    tally
}

/// One moment, tried as often as a row is.
fn one(
    programs: &Path,
    row: &Row,
    signal: Signal,
    moment: Duration,
) -> ExitCode {
    let mut wrong = 0;
    for _ in 0..COUNT {
        let stage = Stage::new(row, programs);
        let trial = quietly(|| stage.trial(signal, moment));
        if let Err(why) = trial.unwrap_or_else(Err) {
            println!("{why}");
            wrong += 1;
        }
    }
    println!("{COUNT} tried, {wrong} wrong");
    ExitCode::from(u8::from(wrong > 0))
}

/// Shares of a run's length, in [0, 1): splitmix64, so that a seed gives the
/// same ones each time.
struct Moments(u64);

impl Iterator for Moments {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        // 32 of its bits are more than enough moments.
        let share = u32::try_from(bits >> 32).unwrap_or(0);
        Some(f64::from(share) / (f64::from(u32::MAX) + 1.0))
    }
}
