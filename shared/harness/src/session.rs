//! A program at work on pipes: what it prints is seen as it comes, and what
//! it reads is given when the test wants it to be.

use std::io::Write;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::home::Home;
use crate::surroundings::own_session;
use crate::watch::{DEADLINE, ERR, OUT, Watch};
use crate::{Outcome, get};

/// A program at work. If it is dropped, the program is killed with all of its
/// process group.
#[derive(Debug)]
pub struct Session {
    watch: Watch,
    /// To the thread that writes; none after the end of the input.
    input: Option<Sender<Vec<u8>>>,
}

impl Session {
    pub(crate) fn new(
        mut command: Command,
        home: Home,
        read_output: bool,
    ) -> Self {
        let words = command.get_args().map(|word| word.to_string_lossy());
        let words: Vec<_> = words.collect();
        let what = format!("{} {words:?}", command.get_program().display());
        own_session(&mut command, false);
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = get(command.spawn(), &what);
        let input = child.stdin.take().map(feed);
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let mut watch = Watch::new(child, what, home);
        if let Some(out) = out.filter(|_| read_output) {
            watch.reads(OUT, out);
        }
        if let Some(err) = err {
            watch.reads(ERR, err);
        }
        Self { watch, input }
    }

    /// Gives it so long to end, once its end is waited for.
    pub(crate) fn gets(&mut self, patience: Duration) {
        self.watch.patience = patience;
    }

    /// Writes to its standard input, without waiting until it reads.
    ///
    /// # Panics
    ///
    /// After [`Session::end_of_input`].
    pub fn types(&mut self, bytes: &[u8]) {
        let Some(input) = &self.input else { panic!("the input has ended") };
        // The other thread is gone if the program reads no more: nobody minds,
        // as nobody minds a pipe that is never read to its end.
        let _ = input.send(bytes.to_vec());
    }

    /// Closes its standard input, once all is written.
    pub fn end_of_input(&mut self) {
        self.input = None;
    }

    /// Waits until its standard output holds `text` for the `count`th time.
    ///
    /// # Panics
    ///
    /// If it does not by the deadline.
    pub fn shows(&mut self, text: &str, count: usize) {
        self.watch.shows(text, count);
    }

    /// Waits up to a moment for its standard output to hold `text`, or for
    /// nobody to hold its standard output any more.
    ///
    /// # Returns
    ///
    /// Whether it holds that.
    pub fn shows_by(&mut self, text: &str, moment: Instant) -> bool {
        let shows = |watch: &Watch| watch.shown().contains(text);
        let is_over = |watch: &Watch| shows(watch) || !watch.is_open();
        self.watch.until(moment, is_over);
        shows(&self.watch)
    }

    /// Waits up to a moment for the end of the program and of all that it
    /// started.
    ///
    /// # Returns
    ///
    /// Whether it has come. [`Session::ends`] then does not wait.
    pub fn is_gone_by(&mut self, moment: Instant) -> bool {
        self.watch.until(moment, Watch::is_gone)
    }

    /// What it has printed to standard output, as far as it was waited for.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.watch.shown()
    }

    /// Waits until it has printed something, and so many lines of it, or has
    /// nothing more to say.
    pub(crate) fn shows_lines(&mut self, count: usize) {
        while self.watch.next(DEADLINE) {
            if self.shown().lines().count() >= count || !self.watch.is_open() {
                return;
            }
        }
        self.watch.fail(&format!("does not show {count} lines"));
    }

    /// Its process number, which is also that of its process group.
    #[must_use]
    pub fn process(&self) -> Pid {
        self.watch.process
    }

    /// Sends it a signal; its children get none.
    pub fn send(&self, signal: Signal) {
        self.watch.send(signal);
    }

    /// Waits for the end of the program and of all that it started. What it
    /// reads has to be ended before, if it waits for that.
    ///
    /// # Panics
    ///
    /// If it is not gone by the deadline, leaves a process that holds its
    /// output, or, unless SIGKILL ended it, leaves a file in its home.
    #[must_use]
    pub fn ends(self) -> Outcome {
        self.watch.ends()
    }
}

impl AsRef<Home> for Session {
    fn as_ref(&self) -> &Home {
        &self.watch.home
    }
}

/// A thread that writes what it is sent: the program may stop reading at any
/// time, and a test that waits for it would hang.
fn feed(mut pipe: ChildStdin) -> Sender<Vec<u8>> {
    let (input, pieces) = mpsc::channel::<Vec<u8>>();
    thread::spawn(move || {
        pieces.into_iter().try_for_each(|piece| pipe.write_all(&piece))
    });
    input
}
