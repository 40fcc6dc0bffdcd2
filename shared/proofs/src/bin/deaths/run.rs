//! One death, and what came of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use harness::{Home, Outcome, Program, Session, Signal, get};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use proofs::outside::{processes_left, soon};
use shared::observe::{hang, proc};

use crate::cast::{Dies, Pair, Row};

/// How long a survivor may take to end. It is counted in steps: a machine that
/// stands still, or has no time for this process, stops this clock, too.
const BOUND: u32 = 40;
const STEP: Duration = Duration::from_millis(50);

/// What a demo says that its deadline ends. That is for a hang, and no survivor
/// may hang.
const ITS_DEADLINE: &str = ": no progress for ";

/// What came of a signal.
#[derive(Debug)]
pub(crate) enum Came {
    /// It was too late, or nobody was there to get it. This counts for
    /// nothing.
    TooLate,
    /// Somebody was there, and ended well all the same: its work was done, and
    /// it had looked for signals for the last time. Neither does this count,
    /// and it has to be rare.
    Unheard,
    Held,
}

/// Where programs are, and what they leave.
pub(crate) struct Stage<'a> {
    row: &'a Row,
    programs: &'a Path,
    home: Home,
}

type Answer<T> = Result<T, String>;

impl<'a> Stage<'a> {
    pub(crate) fn new(row: &'a Row, programs: &'a Path) -> Self {
        Self { row, programs, home: Home::fresh() }
    }

    /// How long the one that is to die lives, if nobody ends it.
    pub(crate) fn length(&self) -> Answer<Duration> {
        let (mut program, mut other) = match self.row.dies {
            Dies::Parent | Dies::Child => (self.starts(&[]), None),
            Dies::Server(pair) => self.both(pair),
            Dies::Client(pair) => {
                let server = self.ready(pair)?;
                (self.starts(pair.client), Some(server))
            }
        };
        let begun = Instant::now();
        if let (Dies::Server(pair), None) = (self.row.dies, &other) {
            shows(&mut program, pair.ready)?;
            rests(&mut program)?;
            other = Some(self.starts(pair.client));
        }
        gone(&mut program)?;
        let length = begun.elapsed();
        well(&program.ends())?;
        other.map_or(Ok(()), ends_well)?;
        Ok(length)
    }

    /// Sends the signal so long after the start.
    pub(crate) fn trial(
        &self,
        signal: Signal,
        moment: Duration,
    ) -> Answer<Came> {
        match self.row.dies {
            Dies::Parent => self.parent_dies(signal, moment),
            Dies::Child => self.child_dies(signal, moment),
            Dies::Server(pair) => self.server_dies(pair, signal, moment),
            Dies::Client(pair) => self.client_dies(pair, signal, moment),
        }
    }

    fn parent_dies(&self, signal: Signal, moment: Duration) -> Answer<Came> {
        let mut demo = self.starts(&[]);
        let _ = demo.is_gone_by(Instant::now() + moment);
        let came = sends(&demo, signal);
        // It is gone when nobody holds its output: its child neither.
        gone(&mut demo)?;
        let session = demo.process();
        let outcome = demo.ends();
        // Whose parent is dead was inherited by this process.
        nobody_is_left(session, true)?;
        if !died_of(signal, &outcome)? {
            return Ok(came);
        }
        // Its child may see that it is gone, before it is ended itself.
        if outcome.stderr.lines().count() > 1 {
            return Err(format!("more than a sentence: {outcome:?}"));
        }
        if signal != Signal::SIGKILL {
            self.is_empty()?;
            return Ok(Came::Held);
        }
        // The next run has a directory of its own, and leaves this one alone.
        let left = self.left();
        self.next_run(None)?;
        if self.left() != left {
            return Err(format!("first {left:?}, then {:?}", self.left()));
        }
        Ok(Came::Held)
    }

    fn child_dies(&self, signal: Signal, moment: Duration) -> Answer<Came> {
        let mut demo = self.starts(&[]);
        let _ = demo.is_gone_by(Instant::now() + moment);
        let session = demo.process();
        let mut came = Came::TooLate;
        for child in hang::children(session) {
            if is_alive(child) {
                came = Came::Unheard;
            }
            let _ = kill(child, signal);
        }
        gone(&mut demo)?;
        let outcome = demo.ends();
        nobody_is_left(session, false)?;
        self.is_empty()?;
        if well(&outcome).is_ok() {
            return Ok(came);
        }
        self.told(&outcome)?;
        Ok(Came::Held)
    }

    fn server_dies(
        &self,
        pair: Pair,
        signal: Signal,
        moment: Duration,
    ) -> Answer<Came> {
        let (mut server, mut client) = self.both(pair);
        let until = Instant::now() + moment;
        if client.is_none() && server.shows_by(pair.ready, until) {
            client = Some(self.starts(pair.client));
        }
        let _ = server.is_gone_by(until);
        let came = sends(&server, signal);
        gone(&mut server)?;
        let session = server.process();
        let outcome = server.ends();
        nobody_is_left(session, false)?;
        if !died_of(signal, &outcome)? {
            client.map_or(Ok(()), ends_well)?;
            return Ok(came);
        }
        if !outcome.stderr.is_empty() {
            return Err(format!("complains of its death: {outcome:?}"));
        }
        // A client that has not opened the FIFO by now cannot: nobody reads.
        if let Some(mut one) = client.take() {
            let opened = |one: &mut Session| {
                self.is_inside(one)
                    || one.shows_by("open(", Instant::now() + STEP)
            };
            if pair.waits && !opened(&mut one) {
                client = Some(one);
            } else {
                self.survivor(one)?;
            }
        }
        if signal != Signal::SIGKILL {
            self.is_empty()?;
        }
        if signal == Signal::SIGKILL || client.is_some() {
            self.next_run(client)?;
        }
        Ok(Came::Held)
    }

    fn client_dies(
        &self,
        pair: Pair,
        signal: Signal,
        moment: Duration,
    ) -> Answer<Came> {
        let mut server = self.ready(pair)?;
        let mut client = self.starts(pair.client);
        let _ = client.is_gone_by(Instant::now() + moment);
        let came = sends(&client, signal);
        gone(&mut client)?;
        let outcome = client.ends();
        if !died_of(signal, &outcome)? {
            ends_well(server)?;
            return Ok(came);
        }
        if !outcome.stderr.is_empty() {
            return Err(format!("complains of its death: {outcome:?}"));
        }
        // The dead client's bytes and its close came before this. Once the
        // server sleeps, it has seen all of it.
        rests(&mut server)?;
        if server.is_gone_by(Instant::now()) {
            // It was told to, or saw the end of the only stream it had.
            ends_well(server)?;
        } else {
            let client = self.starts(pair.client);
            ends_well(client)?;
            ends_well(server)?;
        }
        self.is_empty()?;
        Ok(Came::Held)
    }

    /// The run after a death, in the same place. It may have a client who was
    /// already waiting.
    fn next_run(&self, client: Option<Session>) -> Answer<()> {
        let (Dies::Server(pair) | Dies::Client(pair)) = self.row.dies else {
            return ends_well(self.starts(&[]));
        };
        let mut server = self.ready(pair)?;
        let mut client = client.unwrap_or_else(|| self.starts(pair.client));
        gone(&mut client)?;
        let outcome = client.ends();
        // A client that was about to end, and looked like one who waits, did
        // not come here.
        let is_served =
            outcome.shell_status() == 0 && gone(&mut server).is_ok();
        if !is_served {
            self.survived(&outcome)?;
            ends_well(self.starts(pair.client))?;
        }
        ends_well(server)?;
        self.is_empty()
    }

    /// Both sides, as far as both may start at once.
    fn both(&self, pair: Pair) -> (Session, Option<Session>) {
        let server = self.starts(pair.server);
        let client = pair.waits.then(|| self.starts(pair.client));
        (server, client)
    }

    /// A server whose client may come.
    fn ready(&self, pair: Pair) -> Answer<Session> {
        let mut server = self.starts(pair.server);
        shows(&mut server, pair.ready)?;
        // It has said so, and now does it.
        rests(&mut server)?;
        Ok(server)
    }

    fn starts(&self, words: &[&str]) -> Session {
        let program = Program::new(self.programs.join(self.row.program()));
        let program = program.in_home_of(&self.home).args(words);
        let mut session = program.starts();
        session.end_of_input();
        session
    }

    /// The end of a client whose server is dead.
    fn survivor(&self, mut client: Session) -> Answer<()> {
        gone(&mut client)?;
        let session = client.process();
        let outcome = client.ends();
        nobody_is_left(session, false)?;
        self.survived(&outcome)
    }

    /// All that it had to say was said before; or it says what happened.
    fn survived(&self, outcome: &Outcome) -> Answer<()> {
        well(outcome).or_else(|_| self.told(outcome))
    }

    /// One sentence, and the status of a failure.
    fn told(&self, outcome: &Outcome) -> Answer<()> {
        let err = &outcome.stderr;
        let name = format!("{}: ", self.row.program());
        if outcome.shell_status() != 1 || !err.starts_with(&name) {
            return Err(format!("does not say what happened: {outcome:?}"));
        }
        if err.contains(ITS_DEADLINE) || err.lines().count() != 1 {
            return Err(format!("not one sentence: {outcome:?}"));
        }
        Ok(())
    }

    /// Whether a program has a FIFO open.
    fn is_inside(&self, session: &Session) -> bool {
        let home = self.home.path().display().to_string();
        let ends = proc::ends_of(session.process().as_raw());
        ends.is_some_and(|ends| ends.iter().any(|e| e.label.starts_with(&home)))
    }

    fn left(&self) -> Vec<PathBuf> {
        let entries = get(fs::read_dir(self.home.path()), "home");
        let mut left: Vec<_> = entries.flatten().map(|e| e.path()).collect();
        left.sort();
        left
    }

    fn is_empty(&self) -> Answer<()> {
        match self.left() {
            left if left.is_empty() => Ok(()),
            left => Err(format!("left {left:?}")),
        }
    }
}

/// Waits until a program sleeps, or is gone.
fn rests(session: &mut Session) -> Answer<()> {
    let pid = session.process().as_raw();
    let rests = || {
        session.is_gone_by(Instant::now())
            || proc::doing(pid).is_some_and(|doing| doing.state == 'S')
    };
    if soon(STEP * BOUND, rests) {
        return Ok(());
    }
    Err(format!("no rest: {}", explain(session)))
}

fn shows(session: &mut Session, text: &str) -> Answer<()> {
    if (0..BOUND).any(|_| session.shows_by(text, Instant::now() + STEP)) {
        return Ok(());
    }
    Err(format!("does not show {text:?}: {}", explain(session)))
}

fn gone(session: &mut Session) -> Answer<()> {
    if (0..BOUND).any(|_| session.is_gone_by(Instant::now() + STEP)) {
        return Ok(());
    }
    Err(format!("goes on: {}", explain(session)))
}

/// Sends it, and says what it means if nothing comes of it.
fn sends(session: &Session, signal: Signal) -> Came {
    let alive = is_alive(session.process());
    session.send(signal);
    if alive { Came::Unheard } else { Came::TooLate }
}

fn is_alive(process: Pid) -> bool {
    proc::doing(process.as_raw())
        .is_some_and(|doing| !matches!(doing.state, 'Z' | 'X'))
}

/// Whether the signal ended it. If not, it had done all of its work.
fn died_of(signal: Signal, outcome: &Outcome) -> Answer<bool> {
    match outcome.shell_status() {
        0 if outcome.stderr.is_empty() => Ok(false),
        status if status == 128 + signal as i32 => Ok(true),
        _ => Err(format!("neither well nor of {signal}: {outcome:?}")),
    }
}

fn well(outcome: &Outcome) -> Answer<()> {
    if outcome.shell_status() == 0 && outcome.stderr.is_empty() {
        return Ok(());
    }
    Err(format!("is not well: {outcome:?}"))
}

fn ends_well(mut session: Session) -> Answer<()> {
    gone(&mut session)?;
    let pid = session.process();
    well(&session.ends())?;
    nobody_is_left(pid, false)
}

fn nobody_is_left(session: Pid, orphans: bool) -> Answer<()> {
    match processes_left(session, orphans, STEP * BOUND) {
        left if left.is_empty() => Ok(()),
        left => Err(format!("left {left:?}")),
    }
}

fn explain(session: &Session) -> String {
    let mut all = vec![session.process()];
    all.extend(hang::children(session.process()));
    let all = all.into_iter().map(|one| hang::explain(one, &[]).to_string());
    format!("{}; it has said: {}", all.collect::<String>(), session.shown())
}
