//! All faults in turn, or one of them.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, thread};

use harness::Program;
use proofs::outside::{prepare, quietly};

use crate::errnos::{DELAYS, KILL, errnos, looks_on};
use crate::judge::{judge, told};
use crate::run::Run;
use crate::stories::{DEMOS, STORIES};
use crate::trace::{Call, calls, shape};

/// So many runs at once: each waits for its strace half of the time.
const AT_ONCE: usize = 4;

/// A run that does not come to the call is tried again, so often: how many
/// reads empty a FIFO is a matter of moments.
const TRIES: usize = 3;

/// A fault to try.
#[derive(Debug, Clone)]
struct Trial {
    story: usize,
    who: usize,
    call: Call,
    fault: &'static str,
}

impl Trial {
    /// What strace has to do: nothing else in this process, and once.
    fn words(&self) -> [String; 4] {
        let Call { name, number, .. } = &self.call;
        let what = match self.fault {
            KILL => format!("signal={KILL}"),
            // Well below what a player of the game takes for a lost message.
            delay if DELAYS.contains(&delay) => format!("{delay}=20ms"),
            errno => format!("error={errno}"),
        };
        let inject = format!("inject={name}:{what}:when={number}");
        ["-e".into(), format!("trace={name}"), "-e".into(), inject]
    }

    /// Where strace made the fault. It is a fault to be judged where it was to
    /// be made, and once.
    fn was_made(&self, run: &Run) -> Made {
        let mark = match self.fault {
            KILL => "+++ killed by SIGKILL +++",
            delay if DELAYS.contains(&delay) => "(DELAYED)",
            _ => "(INJECTED)",
        };
        let marked: Vec<_> =
            run.log.lines().filter(|line| line.ends_with(mark)).collect();
        // A call that is not finished is not told of, but for its name.
        let Call { name, shape: about, .. } = &self.call;
        let begun = |line: &str| line.starts_with(&format!("{name}("));
        let line = |line: &&str| match self.fault {
            KILL => run.log.lines().rev().nth(1).is_some_and(begun),
            _ => shape(line) == *about,
        };
        match marked[..] {
            [] => Made::Nowhere,
            [one] if line(&one) => Made::Here,
            _ => Made::Elsewhere,
        }
    }

    /// The command that tries it alone.
    fn command(&self) -> String {
        let Self { story, who, call, fault } = self;
        let (story, Call { name, number, .. }) = (&STORIES[*story], call);
        format!(
            "cargo run --release -p proofs --bin faults -- '{}' {who} {name} \
             {number} {fault}",
            story.name
        )
    }

    /// Runs it. None: strace did not come to make the fault.
    fn run(&self, programs: &Path, plain: &str) -> Option<Result<Run, String>> {
        let words = self.words();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        for _ in 0..TRIES {
            let story = &STORIES[self.story];
            let run = match quietly(|| story.run(programs, self.who, &words)) {
                Ok(run) => run,
                Err(why) => return Some(Err(why)),
            };
            let made = self.was_made(&run);
            if made == Made::Here {
                let wrong =
                    judge(self.who, &self.call, self.fault, plain, &run);
                return Some(wrong.map_or(Ok(run), Err));
            }
            // Without its fault it has to be as always.
            if made == Made::Nowhere && told(&run.outcome.stdout) != told(plain)
            {
                let now = &run.outcome.stdout;
                return Some(Err(format!("another story, no fault: {now:?}")));
            }
        }
        None
    }
}

/// Where a fault came to be made. A look into /proc makes more calls when the
/// system has more processes: then the same number is another call.
#[derive(PartialEq)]
enum Made {
    Here,
    Elsewhere,
    Nowhere,
}

/// The faults of one story, and what it prints without one.
fn trials(
    programs: &Path,
    at: usize,
    thorough: bool,
) -> Result<(String, Vec<Trial>), String> {
    let story = &STORIES[at];
    let mut all = Vec::new();
    let mut plain = String::new();
    for who in 0..=story.children {
        let dry = || quietly(|| story.run(programs, who, &[]));
        // How many reads empty a FIFO differs: what two runs have is tried.
        let (one, two) = (dry()?, dry()?);
        for run in [&one, &two] {
            let Run { outcome, left, .. } = run;
            let well = outcome.shell_status() == 0 && left.is_empty();
            if !well || !outcome.stderr.is_empty() {
                return Err(format!("fails without a fault: {run:?}"));
            }
        }
        let others = calls(&two.log, who == 0);
        let mut found = calls(&one.log, who == 0);
        found.retain(|call| {
            let same = |other: &Call| {
                (&other.name, other.number, &other.shape)
                    == (&call.name, call.number, &call.shape)
            };
            others.iter().any(same)
        });
        plain = one.outcome.stdout;
        for call in found.iter().filter(|call| is_tried(call, &found, thorough))
        {
            let mut faults = errnos(call).to_vec();
            faults.retain(|errno| !call.line.contains(errno));
            if !faults.is_empty() && !looks_on(call) {
                faults.extend(DELAYS);
                faults.push(KILL);
            }
            all.extend(faults.into_iter().map(|fault| Trial {
                story: at,
                who,
                call: call.clone(),
                fault,
            }));
        }
    }
    Ok((plain, all))
}

/// A loop makes a hundred calls that are alike: the first two, one in the
/// middle and the last one stand for the rest, unless all are asked for.
fn is_tried(call: &Call, calls: &[Call], thorough: bool) -> bool {
    let alike: Vec<_> = calls
        .iter()
        .filter(|other| other.shape == call.shape)
        .map(|other| other.number)
        .collect();
    let at = alike.iter().position(|number| *number == call.number);
    let at = at.unwrap_or(0);
    let prints = call.shape.starts_with("write(1<");
    let few = if looks_on(call) { 3 } else { 6 };
    thorough
        || prints
        || alike.len() <= few
        || [0, 1, alike.len() / 2, alike.len() - 1].contains(&at)
}

pub(crate) fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    if !can_trace() {
        let strict = env::var_os("ALL_PEERS").is_some();
        let what = if strict { "failed" } else { "skipped" };
        println!("{what}: strace is missing here, or may not trace a program");
        return ExitCode::from(u8::from(strict));
    }
    let Some(programs) = prepare(&DEMOS) else { return ExitCode::FAILURE };
    match words.as_slice() {
        [] => all(&programs, false),
        [word] if word == "all" => all(&programs, true),
        [story, who, name, number, fault] => {
            one(&programs, [story, who, name, number, fault])
        }
        _ => {
            println!("usage: faults [all | STORY PROCESS CALL NUMBER FAULT]");
            ExitCode::from(2)
        }
    }
}

fn all(programs: &Path, thorough: bool) -> ExitCode {
    let (mut sum, mut well, mut missed) = (0, 0, 0);
    for (at, story) in STORIES.iter().enumerate() {
        let (plain, trials) = match trials(programs, at, thorough) {
            Ok(found) => found,
            Err(why) => {
                println!("{}: {why}", story.name);
                return ExitCode::FAILURE;
            }
        };
        let (made, held) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let count = trials.len();
        let queue = Mutex::new(trials.into_iter());
        let work = || {
            loop {
                let next = queue.lock().ok().and_then(|mut queue| queue.next());
                let Some(trial) = next else { break };
                let Some(answer) = trial.run(programs, &plain) else {
                    continue;
                };
                made.fetch_add(1, Ordering::SeqCst);
                match answer {
                    Ok(_) => drop(held.fetch_add(1, Ordering::SeqCst)),
                    Err(why) => println!("{}: {why}", trial.command()),
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(work);
            }
        });
        let (made, held) = (made.into_inner(), held.into_inner());
        println!("{}: {made} faults, {held} held", story.name);
        (sum, well, missed) = (sum + made, well + held, missed + count - made);
    }
    println!("{sum} faults, {well} held; {missed} calls did not come again");
    ExitCode::from(u8::from(well < sum || sum == 0))
}

/// One fault, and all that came of it.
fn one(programs: &Path, words: [&String; 5]) -> ExitCode {
    let [name, who, call, number, fault] = words.map(String::as_str);
    let Some(at) = STORIES.iter().position(|story| story.name == name) else {
        println!("no story {name}");
        return ExitCode::from(2);
    };
    let found = trials(programs, at, true).ok().and_then(|(plain, all)| {
        let trial = all.into_iter().find(|trial| {
            trial.who.to_string() == who
                && trial.call.name == call
                && trial.call.number.to_string() == number
                && trial.fault == fault
        });
        Some((plain, trial?))
    });
    let Some((plain, trial)) = found else {
        println!("no such fault");
        return ExitCode::from(2);
    };
    println!("{}", trial.words().join(" "));
    let words = trial.words();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let run = quietly(|| STORIES[at].run(programs, trial.who, &words));
    if let Ok(Run { outcome, log, left, .. }) = &run {
        print!("{}{}{log}", outcome.stdout, outcome.stderr);
        println!("status {}, left: {left:?}", outcome.shell_status());
    }
    let wrong = run.map_or_else(Some, |run| {
        judge(trial.who, &trial.call, trial.fault, &plain, &run)
    });
    println!("{}", wrong.as_deref().unwrap_or("held"));
    ExitCode::from(u8::from(wrong.is_some()))
}

fn can_trace() -> bool {
    let traced = ["-D", "-qq", "-o", "/dev/null", "true"];
    quietly(|| Program::new("strace").args(&traced).run().shell_status())
        .is_ok_and(|status| status == 0)
}
