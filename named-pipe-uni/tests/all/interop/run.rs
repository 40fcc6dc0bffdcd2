//! A peer at work: in a process group of its own, under a deadline, and what
//! it prints taken as bytes.

use std::fmt;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use harness::get;
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use shared::observe::hang;

/// No peer needs a tenth of it on an idle machine.
const DEADLINE: Duration = Duration::from_secs(60);

enum Event {
    Printed(usize, Vec<u8>),
    Closed,
    Ended(i32),
}

/// A program at work. If it is dropped, its process group is killed.
pub(crate) struct Run {
    what: String,
    pub(crate) group: Pid,
    input: Option<ChildStdin>,
    news: Receiver<Event>,
    outcome: Outcome,
    /// Its two streams, and itself.
    alive: usize,
}

/// How a program ended, with the status as a shell gives it.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) printed: [Vec<u8>; 2],
    pub(crate) status: i32,
}

impl Run {
    pub(crate) fn of(command: Command) -> Self {
        Self::with_output(command, Stdio::piped())
    }

    pub(crate) fn with_output(mut command: Command, output: Stdio) -> Self {
        let what = format!("{command:?}");
        harness::alike_everywhere(&mut command);
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(output).stderr(Stdio::piped());
        let mut child = get(command.spawn(), &what);
        let group = Pid::from_raw(child.id().cast_signed());
        let (report, news) = mpsc::channel();
        follow(child.stdout.take(), 0, report.clone());
        follow(child.stderr.take(), 1, report.clone());
        let input = child.stdin.take();
        thread::spawn(move || report.send(Event::Ended(status(&mut child))));
        let outcome = Outcome::default();
        Self { what, group, input, news, outcome, alive: 3 }
    }

    /// Writes to its standard input, without waiting until it reads; with
    /// that, the input has ended.
    pub(crate) fn reads(mut self, bytes: Vec<u8>) -> Self {
        let input = self.input.take();
        thread::spawn(move || input.map(|mut input| input.write_all(&bytes)));
        self
    }

    /// Writes a few bytes to its standard input, and leaves it open.
    pub(crate) fn types(&mut self, bytes: &[u8]) {
        let Some(input) = &mut self.input else { panic!("no input") };
        get(input.write_all(bytes), &self.what);
    }

    /// Waits until it has printed these bytes, and no others.
    pub(crate) fn shows(&mut self, bytes: &[u8]) {
        let end = Instant::now() + DEADLINE;
        while self.outcome.printed[0] != bytes {
            assert!(self.alive == 3, "{} showed {:?}", self.what, self.outcome);
            self.next(end, "does not show what it should");
        }
    }

    /// Waits for its end, and sees to it that none of its group is left.
    pub(crate) fn ends(mut self) -> Outcome {
        let end = Instant::now() + DEADLINE;
        while self.alive > 0 {
            self.next(end, "is not gone in time");
        }
        // Whoever ended by a signal could not wait for its children. They got
        // the signal too, and are init's to wait for.
        let left = killpg(self.group, Signal::SIGKILL) != Err(Errno::ESRCH);
        let by_signal = self.outcome.status >= 128;
        assert!(!left || by_signal, "{} left somebody behind", self.what);
        std::mem::take(&mut self.outcome)
    }

    fn next(&mut self, end: Instant, why: &str) {
        let left = end.saturating_duration_since(Instant::now());
        match self.news.recv_timeout(left) {
            Ok(Event::Printed(at, bytes)) => {
                self.outcome.printed[at].extend(bytes);
            }
            Ok(Event::Closed) => self.alive -= 1,
            Ok(Event::Ended(status)) => {
                self.alive -= 1;
                self.outcome.status = status;
            }
            Err(_) => {
                let report = hang::explain(self.group, &[]);
                panic!("{} {why}:\n{report}\n{:?}", self.what, self.outcome);
            }
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.alive > 0 {
            let _ = killpg(self.group, Signal::SIGKILL);
        }
    }
}

/// Reads a stream to its end, in a thread of its own.
fn follow<R: Read + Send + 'static>(
    stream: Option<R>,
    at: usize,
    report: Sender<Event>,
) {
    thread::spawn(move || {
        let mut piece = vec![0; 1 << 16];
        let mut stream = stream;
        while let Some(Ok(count @ 1..)) =
            stream.as_mut().map(|stream| stream.read(&mut piece))
        {
            let _ = report.send(Event::Printed(at, piece[..count].to_vec()));
        }
        report.send(Event::Closed)
    });
}

fn status(child: &mut Child) -> i32 {
    let status = get(child.wait(), "wait");
    let killed = status.signal().map(|number| 128 + number);
    status.code().or(killed).unwrap_or(-1)
}

impl Outcome {
    /// What it printed to standard error.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.printed[1]).into_owned()
    }

    /// That it ended with status 1 and one sentence that has `words`, and
    /// printed nothing else.
    pub(crate) fn refused(&self, words: &str) {
        let said = self.said();
        assert_eq!(self.status, 1, "{self:?}");
        assert!(self.printed[0].is_empty(), "{self:?}");
        assert_eq!(said.lines().count(), 1, "one sentence: {self:?}");
        assert!(said.contains(words), "no {words:?} in {self:?}");
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [out, err] = self.printed.each_ref();
        let first = &out[..out.len().min(200)];
        write!(f, "status {}, {} bytes: ", self.status, out.len())?;
        write!(f, "{:?}", String::from_utf8_lossy(first))?;
        write!(f, ", and said {:?}", String::from_utf8_lossy(err))
    }
}
