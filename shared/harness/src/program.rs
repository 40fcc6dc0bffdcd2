//! A program about to run, and the three ways to run it: to its end, watched
//! live, or left alone.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::home::Home;
use crate::surroundings::{at_home, own_session};
use crate::watch::DEADLINE;
use crate::{Outcome, Running, Session, get};

/// A program about to run.
#[derive(Debug)]
pub struct Program {
    command: Command,
    input: Option<Vec<u8>>,
    home: Home,
    close_stdout: bool,
    patience: Duration,
}

impl Program {
    /// The program at `path`, which is `env!("CARGO_BIN_EXE_name")` for a
    /// program of the crate under test.
    #[must_use]
    pub fn new(path: impl AsRef<OsStr>) -> Self {
        let home = Home::fresh();
        let mut command = Command::new(path);
        at_home(&mut command, &home);
        Self {
            command,
            input: None,
            home,
            close_stdout: false,
            patience: DEADLINE,
        }
    }

    /// An example of any crate of the workspace: `cargo test --workspace`
    /// builds them all before it runs a test.
    ///
    /// # Panics
    ///
    /// If it is not built: `cargo test` with the name of a test builds no
    /// example.
    #[must_use]
    pub fn example(name: &str) -> Self {
        Self::there(built("examples").join(name))
    }

    /// A program of any crate of the workspace.
    ///
    /// # Panics
    ///
    /// If it is not built.
    #[must_use]
    pub fn binary(name: &str) -> Self {
        Self::there(built("").join(name))
    }

    fn there(path: PathBuf) -> Self {
        let hint = "cargo test --workspace --no-run builds it";
        assert!(path.exists(), "no {}: {hint}", path.display());
        Self::new(path)
    }

    /// One more word on the command line.
    #[must_use]
    pub fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    /// More words on the command line.
    #[must_use]
    pub fn args(mut self, words: &[&str]) -> Self {
        self.command.args(words);
        self
    }

    /// A variable in its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it as if a line of its source were deleted: each `call` whose
    /// first words are `words` does nothing, and answers 0. That holds for its
    /// children, too.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn without(
        mut self,
        call: nix::libc::c_long,
        words: &[nix::libc::c_int],
    ) -> Self {
        crate::without::without(&mut self.command, call, words, 0);
        self
    }

    /// Runs it where each `call` whose first words are `words` is refused, in
    /// its children, too.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn refusing(
        mut self,
        call: nix::libc::c_long,
        words: &[nix::libc::c_int],
        errno: nix::errno::Errno,
    ) -> Self {
        let errno = errno as nix::libc::c_int;
        crate::without::without(&mut self.command, call, words, errno);
        self
    }

    /// Shares the temporary directory of another program, where both look by
    /// default: there a client finds its server. The last of them to end has
    /// to leave it empty.
    #[must_use]
    pub fn in_home_of(mut self, other: &impl AsRef<Home>) -> Self {
        self.home = other.as_ref().clone();
        self.command.env("TMPDIR", self.home.path());
        self
    }

    /// What it finds on its standard input, up to the end of file.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// Gives it a standard output that nobody reads, as `| head -0` does.
    #[must_use]
    pub fn with_closed_stdout(mut self) -> Self {
        self.close_stdout = true;
        self
    }

    /// Gives it so long to end, instead of a minute, once its end is waited
    /// for.
    #[must_use]
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Where the program is.
    #[must_use]
    pub fn path(&self) -> String {
        self.command.get_program().to_string_lossy().into_owned()
    }

    /// Where cargo put the programs of the workspace.
    #[must_use]
    pub fn built(&self) -> String {
        built("").to_string_lossy().trim_end_matches('/').to_string()
    }

    /// The directory that is its TMPDIR.
    #[must_use]
    pub fn temporary(&self) -> &Path {
        self.home.path()
    }

    /// Runs it to its end. Without [`Program::input`] it reads nothing.
    ///
    /// # Panics
    ///
    /// If it cannot be started, is not gone by the deadline, or leaves a file
    /// behind in its temporary directory.
    #[must_use]
    pub fn run(self) -> Outcome {
        let [outcome] = Self::run_all([self]);
        outcome
    }

    /// Runs several at once: a run that shows a hang is waiting for the most
    /// part.
    ///
    /// # Panics
    ///
    /// As [`Program::run`].
    #[must_use]
    pub fn run_all<const N: usize>(programs: [Self; N]) -> [Outcome; N] {
        let start = |mut program: Self| {
            program.input.get_or_insert_default();
            program.starts()
        };
        programs.map(start).map(Session::ends)
    }

    /// Runs it until it has printed so many lines, sends it a signal, and
    /// waits for its end. Only the program gets the signal, not its children.
    ///
    /// # Panics
    ///
    /// As [`Program::run`]; after SIGKILL, files may be left.
    #[must_use]
    pub fn run_until(mut self, lines: usize, signal: Signal) -> Outcome {
        self.input.get_or_insert_default();
        let mut session = self.starts();
        session.shows_lines(lines);
        session.send(signal);
        session.ends()
    }

    /// Starts it, to be watched while it works. Without [`Program::input`] its
    /// standard input stays open until the test ends it.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn starts(self) -> Session {
        let mut session =
            Session::new(self.command, self.home, !self.close_stdout);
        session.gets(self.patience);
        if let Some(input) = self.input {
            session.types(&input);
            session.end_of_input();
        }
        session
    }

    /// Starts it, without input and without anybody who reads its output: the
    /// only pipes it has are its own.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(self) -> Running {
        self.start_between(Stdio::null(), Stdio::null())
    }

    /// Starts it with the ends of a test's own pipes as standard input and
    /// output. Here they are closed, as a parent closes them after fork.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start_between(
        mut self,
        input: impl Into<Stdio>,
        output: impl Into<Stdio>,
    ) -> Running {
        own_session(&mut self.command, false);
        self.command.stdin(input).stdout(output).stderr(Stdio::null());
        let child = get(self.command.spawn(), "start");
        Running::new(child, self.home)
    }
}

impl AsRef<Home> for Program {
    fn as_ref(&self) -> &Home {
        &self.home
    }
}

/// Where cargo put what it built, seen from a test in `deps`.
fn built(folder: &str) -> PathBuf {
    let me = get(env::current_exe(), "the path of this test");
    let above = me.parent().and_then(Path::parent);
    above.unwrap_or(Path::new(".")).join(folder)
}
