//! A program at work, as seen from outside: what it prints, piece by piece,
//! and that it ended. [`crate::Session`] and [`crate::Terminal`] are made of
//! it.

use std::io::Read;
use std::mem;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use shared::observe::hang;

use crate::home::Home;
use crate::text::Text;
use crate::{Outcome, get};

/// How long a program may take for what a test waits for. No program here
/// needs a tenth of it on an idle machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// How long something that a program started may outlive it: what is told to
/// end needs a moment for it.
const AFTERWARDS: Duration = Duration::from_secs(5);

/// Standard output and standard error. A terminal shows both as the first.
pub(crate) const OUT: usize = 0;
pub(crate) const ERR: usize = 1;

enum Event {
    Printed(usize, Vec<u8>),
    Closed(usize),
    Ended(ExitStatus),
}

/// A program, its output so far, and what comes next.
#[derive(Debug)]
pub(crate) struct Watch {
    what: String,
    pub(crate) process: Pid,
    pub(crate) home: Home,
    news: Receiver<Event>,
    report: Sender<Event>,
    texts: [Text; 2],
    open: [bool; 2],
    status: Option<ExitStatus>,
    gone: bool,
    /// How long its end may take.
    pub(crate) patience: Duration,
}

impl Watch {
    /// Waits for the program in a thread of its own, so that its end is an
    /// event like the others.
    pub(crate) fn new(mut child: Child, what: String, home: Home) -> Self {
        let (report, news) = mpsc::channel();
        let process = Pid::from_raw(child.id().cast_signed());
        let waiter = report.clone();
        thread::spawn(move || {
            child.wait().map(|status| waiter.send(Event::Ended(status)))
        });
        Self {
            what,
            process,
            home,
            news,
            report,
            texts: Default::default(),
            open: [false; 2],
            status: None,
            gone: false,
            patience: DEADLINE,
        }
    }

    /// Reads a stream to its end, in a thread of its own.
    pub(crate) fn reads(
        &mut self,
        at: usize,
        mut stream: impl Read + Send + 'static,
    ) -> JoinHandle<()> {
        self.open[at] = true;
        let report = self.report.clone();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            // Linux reports the last close of a terminal's other side as EIO.
            while let Ok(count @ 1..) = stream.read(&mut piece) {
                let piece = piece[..count].to_vec();
                let _ = report.send(Event::Printed(at, piece));
            }
            // Closed first, then told.
            drop(stream);
            let _ = report.send(Event::Closed(at));
        })
    }

    /// Waits so long for something to happen, and takes it in.
    ///
    /// # Returns
    ///
    /// Whether something did.
    pub(crate) fn next(&mut self, patience: Duration) -> bool {
        let news = self.news.recv_timeout(patience);
        match news {
            Ok(Event::Printed(at, bytes)) => self.texts[at].add(&bytes),
            Ok(Event::Closed(at)) => self.open[at] = false,
            Ok(Event::Ended(status)) => self.status = Some(status),
            Err(_) => return false,
        }
        true
    }

    /// Takes in what happens, until it is so, or a moment has come.
    ///
    /// # Returns
    ///
    /// Whether it is so.
    pub(crate) fn until(
        &mut self,
        moment: Instant,
        is_so: impl Fn(&Self) -> bool,
    ) -> bool {
        loop {
            if is_so(self) {
                return true;
            }
            let left = moment.saturating_duration_since(Instant::now());
            if !self.next(left) {
                return false;
            }
        }
    }

    /// Whether the program has ended, and nobody holds its output.
    pub(crate) fn is_gone(&self) -> bool {
        self.has_ended() && !self.open.contains(&true)
    }

    /// What was printed to standard output, up to what was waited for.
    pub(crate) fn shown(&self) -> &str {
        &self.texts[OUT].whole
    }

    /// Whether anybody may still print to standard output.
    pub(crate) fn is_open(&self) -> bool {
        self.open[OUT]
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.status.is_some()
    }

    pub(crate) fn send(&self, signal: Signal) {
        // It may have ended by itself a moment ago.
        let _ = kill(self.process, signal);
    }

    /// Waits until standard output holds `text` for the `count`th time.
    pub(crate) fn shows(&mut self, text: &str, count: usize) {
        let end = Instant::now() + DEADLINE;
        while self.shown().matches(text).count() < count {
            let left = end.saturating_duration_since(Instant::now());
            if !self.is_open() || !self.next(left) {
                self.fail(&format!("does not show {text:?} {count} times"));
            }
        }
    }

    /// Waits until standard output holds `text` behind the byte `from`.
    ///
    /// # Returns
    ///
    /// The byte behind that text.
    pub(crate) fn shows_behind(&mut self, text: &str, from: usize) -> usize {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(at) = self.shown()[from..].find(text) {
                return from + at + text.len();
            }
            let left = end.saturating_duration_since(Instant::now());
            if !self.is_open() || !self.next(left) {
                let so_far = &self.shown()[..from];
                self.fail(&format!("does not show {text:?} behind {so_far}"));
            }
        }
    }

    /// Waits for the end of the program and of all that it started: from then
    /// on, whoever still holds its output was left behind.
    pub(crate) fn ends(mut self) -> Outcome {
        let mut end = Instant::now() + self.patience;
        let mut ended = false;
        while !self.is_gone() {
            let left = end.saturating_duration_since(Instant::now());
            if !self.next(left) {
                self.fail("is not gone in time, or left somebody behind");
            }
            if !ended && self.has_ended() {
                ended = true;
                end = Instant::now() + AFTERWARDS;
            }
        }
        self.gone = true;
        let status = get(self.status.ok_or("no exit status"), &self.what);
        let [stdout, stderr] = mem::take(&mut self.texts).map(Text::finish);
        let left = self.home.left_behind();
        let outcome = Outcome { stdout, stderr, status };
        // SIGKILL leaves no time to tidy up.
        let killed = outcome.shell_status() == 128 + Signal::SIGKILL as i32;
        let what = &self.what;
        assert!(left.is_empty() || killed, "{what} left {left:?}\n{outcome:?}");
        outcome
    }

    /// Fails the test, with what was printed and why nothing follows.
    pub(crate) fn fail(&self, why: &str) -> ! {
        let what = &self.what;
        let reports = explain(self.process);
        let [out, err] = self.texts.each_ref().map(|text| &text.whole);
        panic!("{what} {why}:\n{reports}\nstdout:\n{out}\nstderr:\n{err}");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.gone {
            return;
        }
        let _ = killpg(self.process, Signal::SIGKILL);
        // Until it is reaped it may still write to its home, which goes next.
        while !self.has_ended() && self.next(AFTERWARDS) {}
    }
}

/// For a failed test: what a program and its children wait for.
fn explain(program: Pid) -> String {
    let mut concerned = vec![program];
    concerned.extend(hang::children(program));
    let reports = concerned.into_iter().map(|one| hang::explain(one, &[]));
    reports.map(|report| format!("{report}\n")).collect::<Vec<_>>().concat()
}
