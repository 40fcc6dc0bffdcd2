//! A program, run to its end or to its deadline.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use nix::libc;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use shared::observe::hang;

use crate::get;

/// How long a program may run. No program here needs a tenth of it on an idle
/// machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How long something that a program started may outlive it: what is told to
/// end needs a moment for it.
const AFTERWARDS: Duration = Duration::from_secs(5);

/// A program about to run.
#[derive(Debug)]
pub struct Program {
    command: Command,
    input: Vec<u8>,
    temporary: PathBuf,
    close_stdout: bool,
    /// After so many lines, this signal.
    interrupt: Option<(usize, Signal)>,
}

impl Program {
    /// The program at `path`, which is `env!("CARGO_BIN_EXE_name")` for a
    /// program of the crate under test.
    #[must_use]
    pub fn new(path: impl AsRef<OsStr>) -> Self {
        let temporary = fresh_directory();
        let mut command = Command::new(path);
        command.env("TMPDIR", &temporary);
        for colour in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(colour);
        }
        command.env("LC_ALL", "C.UTF-8");
        Self {
            command,
            input: Vec::new(),
            temporary,
            close_stdout: false,
            interrupt: None,
        }
    }

    /// An example of any crate of the workspace: `cargo test --workspace`
    /// builds them all before it runs a test.
    #[must_use]
    pub fn example(name: &str) -> Self {
        Self::new(built("examples").join(name))
    }

    /// A program of any crate of the workspace.
    #[must_use]
    pub fn binary(name: &str) -> Self {
        Self::new(built("").join(name))
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

    /// What it finds on its standard input.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// Gives it a standard output that nobody reads, as `| head -0` does.
    #[must_use]
    pub fn with_closed_stdout(mut self) -> Self {
        self.close_stdout = true;
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
        &self.temporary
    }

    /// Runs it until it has printed so many lines, sends it a signal, and
    /// waits for its end. Only the program gets the signal, not its children.
    ///
    /// # Panics
    ///
    /// As [`Program::run`]; after SIGKILL, files may be left.
    #[must_use]
    pub fn run_until(mut self, lines: usize, signal: Signal) -> Outcome {
        self.interrupt = Some((lines, signal));
        self.run()
    }

    /// Starts it, without input and without anybody who reads its output,
    /// and leaves it running.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(mut self) -> Running {
        own_session(&mut self.command, false);
        self.command.stdin(Stdio::null()).stdout(Stdio::null());
        self.command.stderr(Stdio::null());
        let child = get(self.command.spawn(), "start");
        Running { child, _program: self }
    }

    /// Runs it to its end.
    ///
    /// # Panics
    ///
    /// If it cannot be started, is not gone by the deadline, or leaves a file
    /// behind in its temporary directory.
    #[must_use]
    pub fn run(mut self) -> Outcome {
        let what = format!("{:?}", self.command);
        own_session(&mut self.command, false);
        self.command.stdin(Stdio::piped());
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = get(self.command.spawn(), &what);
        let group = Pid::from_raw(child.id().cast_signed());

        // Each thread reports the end of one stream. The program's standard
        // input is fed by another: it may stop reading at any time.
        let (done, all) = mpsc::channel();
        let (input, stdin) = (self.input.clone(), child.stdin.take());
        thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(&input)));
        let streams: [Option<OwnedFd>; 2] = [
            child.stdout.take().map(OwnedFd::from),
            child.stderr.take().map(OwnedFd::from),
        ];
        let mut expected = 0;
        for (at, stream) in streams.into_iter().enumerate() {
            let Some(stream) = stream else { continue };
            if at == 0 && self.close_stdout {
                continue;
            }
            expected += 1;
            let done = done.clone();
            thread::spawn(move || {
                let mut bytes = Vec::new();
                let mut stream = fs::File::from(stream);
                let mut piece = [0; 4096];
                // Sent piece by piece: at the deadline the part counts too.
                while let Ok(count @ 1..) = stream.read(&mut piece) {
                    bytes.extend_from_slice(&piece[..count]);
                    let _ = done.send((at, piece[..count].to_vec(), false));
                }
                done.send((at, Vec::new(), true))
            });
        }

        // The end of the program itself is an event like the others. From
        // then on, whoever still holds its output was left behind.
        let (ended, its_end) = mpsc::channel();
        let waiter = done.clone();
        thread::spawn(move || {
            let _ = ended.send(child.wait());
            waiter.send((2, Vec::new(), true))
        });
        expected += 1;
        let mut end = Instant::now() + DEADLINE;
        let mut texts = [Vec::new(), Vec::new(), Vec::new()];
        while expected > 0 {
            let left = end.saturating_duration_since(Instant::now());
            let Ok((at, bytes, ended)) = all.recv_timeout(left) else {
                let why = explain(group);
                let _ = killpg(group, Signal::SIGKILL);
                let [out, err, _] = texts.map(|t| text(&t));
                panic!(
                    "{what} is not gone in time, or left somebody behind:\n\
                     {why}\n\nstdout:\n{out}\nstderr:\n{err}"
                );
            };
            texts[at].extend(bytes);
            expected -= usize::from(ended);
            let lines = text(&texts[0]).lines().count();
            if let Some((_, signal)) =
                self.interrupt.take_if(|(after, _)| lines >= *after)
            {
                // It may have ended by itself a moment ago.
                let _ = kill(group, signal);
            }
            if at == 2 {
                end = Instant::now() + AFTERWARDS;
            }
        }
        let status = get(get(its_end.recv(), &what), &what);
        let left = left_behind(&self.temporary);
        let [stdout, stderr, _] = texts.map(|t| text(&t));
        let killed = status.signal() == Some(libc::SIGKILL);
        assert!(
            left.is_empty() || killed,
            "{what} left {left:?} behind\n{stderr}"
        );
        Outcome { stdout, stderr, status }
    }
}

/// A program that is meant to hang, and is ended with all its children.
#[derive(Debug)]
pub struct Running {
    child: Child,
    _program: Program,
}

impl Running {
    /// Its process number.
    #[must_use]
    pub fn process(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = killpg(self.process(), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.temporary);
    }
}

/// How a program ended.
#[derive(Debug)]
pub struct Outcome {
    /// What it printed to standard output.
    pub stdout: String,
    /// What it printed to standard error.
    pub stderr: String,
    /// Its exit status.
    pub status: ExitStatus,
}

impl Outcome {
    /// The exit status as a shell gives it: 128 + N for signal N.
    #[must_use]
    pub fn shell_status(&self) -> i32 {
        let signal = self.status.signal().map(|number| 128 + number);
        self.status.code().or(signal).unwrap_or(-1)
    }

    /// Itself, if it ended well and printed nothing to standard error.
    ///
    /// # Panics
    ///
    /// If not.
    #[must_use]
    pub fn well(self) -> Self {
        assert!(self.shell_status() == 0 && self.stderr.is_empty(), "{self:?}");
        self
    }

    /// Itself, if it ended with `status` and one sentence on standard error
    /// that contains `words`.
    ///
    /// # Panics
    ///
    /// If not.
    #[must_use]
    pub fn refused(self, status: i32, words: &[&str]) -> Self {
        assert_eq!(self.shell_status(), status, "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "one sentence: {self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in {self:?}");
        }
        self
    }
}

/// A session without a terminal, so that no test depends on where it runs,
/// and no descriptors but 0, 1 and 2, so that numbers are the same each time.
pub(crate) fn own_session(command: &mut Command, with_terminal: bool) {
    let prepare = move || {
        let session = if with_terminal {
            // SAFETY: it takes the terminal that is descriptor 0 for a new
            // session, and touches no memory.
            unsafe { libc::login_tty(0) }
        } else {
            // SAFETY: it touches no memory.
            unsafe { libc::setsid() }
        };
        if session < 0 {
            return Err(std::io::Error::last_os_error());
        }
        for fd in 3..1024 {
            // SAFETY: a flag of a number that may not even be open; exec is
            // next, so nobody misses a descriptor.
            unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
        Ok(())
    };
    // SAFETY: between fork and exec it makes async-signal-safe calls only.
    unsafe { command.pre_exec(prepare) };
}

/// Sends a signal to one process.
///
/// # Panics
///
/// If there is no such process.
pub fn send(signal: Signal, process: u32) {
    get(kill(Pid::from_raw(process.cast_signed()), signal), "kill");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What lies in a directory.
pub(crate) fn left_behind(directory: &Path) -> Vec<PathBuf> {
    let entries = get(fs::read_dir(directory), directory.display());
    entries.flatten().map(|entry| entry.path()).collect()
}

/// A directory for one test.
///
/// # Panics
///
/// If it cannot be made.
#[must_use]
pub fn fresh_directory() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("pipes-test.{}.{number}", std::process::id());
    // A short path, so that no line that names it is too long.
    let tmp = Path::new("/tmp");
    let place = if tmp.is_dir() { tmp.into() } else { env::temp_dir() };
    let path = place.join(name);
    get(fs::create_dir(&path), path.display());
    path
}

/// Where cargo put what it built, seen from a test in `deps`.
fn built(folder: &str) -> PathBuf {
    let me = get(env::current_exe(), "the path of this test");
    let above = me.parent().and_then(Path::parent);
    above.unwrap_or(Path::new(".")).join(folder)
}

/// For a failed test: what a program and its children wait for.
pub(crate) fn explain(program: Pid) -> String {
    let mut concerned = vec![program];
    concerned.extend(hang::children(program));
    let reports = concerned.into_iter().map(|one| hang::explain(one, &[]));
    reports.map(|report| format!("{report}\n")).collect::<Vec<_>>().concat()
}
