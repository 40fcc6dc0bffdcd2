//! Why a demo ends before its last step, and the one sentence that says so.
//!
//! A sentence names the call that failed and the errno it failed with:
//! `open notes.txt: ENOENT (No such file or directory)`.

use std::error::Error;
use std::fmt::{self, Display};
use std::io;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::signal::{self, SigHandler, Signal};

use crate::frame::FrameError;
use crate::{narrate, observe};

/// Why a program ends early.
#[derive(Debug)]
pub enum Stop {
    /// Nothing is wrong: `--help` was answered, q was typed at `--step`, or
    /// nobody reads standard output any more (`| head -1`).
    Quietly,
    /// Nothing is wrong here, and this is the exit status: another program's,
    /// passed on.
    Status(u8),
    /// This signal asked for the end, and all is cleaned up: the program dies
    /// of it, so that the shell sees how it ended.
    Signal(Signal),
    /// The command line asks for something that is not there.
    Usage(String),
    /// A call failed, or answered what this course says it cannot.
    Failed(String),
}

impl Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quietly => f.write_str("a quiet end"),
            Self::Status(status) => write!(f, "exit status {status}"),
            Self::Signal(signal) => write!(f, "ended by {signal}"),
            Self::Usage(sentence) | Self::Failed(sentence) => {
                f.write_str(sentence)
            }
        }
    }
}

impl Error for Stop {}

impl Stop {
    /// Prints the sentence, if there is one, to standard error.
    ///
    /// # Returns
    ///
    /// The exit status: 0 for a quiet end, 2 for a wrong command line, 1 for
    /// a failure, or the one to pass on.
    #[must_use]
    pub fn report(&self, program: &str) -> u8 {
        let (status, sentence) = match self {
            Self::Quietly => return 0,
            Self::Status(status) => return *status,
            Self::Signal(signal) => return die_of(*signal),
            Self::Usage(sentence) => (2, sentence),
            Self::Failed(sentence) => (1, sentence),
        };
        // A sentence may quote a name, and a name may hold any byte: none
        // shall begin another line, or steer a terminal.
        let plain = |c: char| match c {
            c if c.is_control() => c.escape_debug().to_string(),
            c => c.to_string(),
        };
        let sentence: String = sentence.chars().map(plain).collect();
        // One string, so that one line is one write. A standard error that
        // is closed leaves nobody to tell: the status has to do.
        let mut line = format!("{program}: {sentence}\n");
        if let Some(columns) = observe::columns(io::stderr()) {
            line = narrate::fill(&line, columns.max(40), 2).join("\n") + "\n";
        }
        let _ = io::Write::write_all(&mut io::stderr(), line.as_bytes());
        status
    }

    /// [`Stop::report`] as what `main` returns.
    #[must_use]
    pub fn exit(&self, program: &str) -> ExitCode {
        ExitCode::from(self.report(program))
    }
}

/// What the signal does by default. If it is held back, 128 and its number is
/// what a shell would have shown.
fn die_of(signal: Signal) -> u8 {
    let default = SigHandler::SigDfl;
    // SAFETY: no handler is installed, one is taken away.
    let _ = unsafe { signal::signal(signal, default) };
    let _ = signal::raise(signal);
    128 + signal as u8
}

/// Gives a failed call its name: `pipe().named("pipe")?`.
pub trait Named<T> {
    /// Turns an error into a [`Stop`] whose sentence starts with `call`.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`] where `self` is an error.
    fn named(self, call: impl Display) -> Result<T, Stop>;
}

impl<T> Named<T> for nix::Result<T> {
    fn named(self, call: impl Display) -> Result<T, Stop> {
        self.map_err(|e| Stop::Failed(format!("{call}: {}", errno(e))))
    }
}

impl<T> Named<T> for io::Result<T> {
    fn named(self, call: impl Display) -> Result<T, Stop> {
        self.map_err(|e| Stop::Failed(format!("{call}: {}", io_error(&e))))
    }
}

impl<T> Named<T> for Result<T, FrameError> {
    fn named(self, call: impl Display) -> Result<T, Stop> {
        self.map_err(|e| match e {
            FrameError::Io(e) => {
                Stop::Failed(format!("{call}: {}", io_error(&e)))
            }
            e => Stop::Failed(format!("{call}: {e}")),
        })
    }
}

/// Makes a call, and again if a signal interrupted it: EINTR is no answer, but
/// the wish to be asked once more. The handlers of this course interrupt no
/// read and no write (`SA_RESTART` in sigaction(2)); those of a program that
/// this is copied into may.
///
/// # Errors
///
/// As the call's, except EINTR.
pub fn uninterrupted<T>(
    mut call: impl FnMut() -> nix::Result<T>,
) -> nix::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            answer => return answer,
        }
    }
}

/// `EPIPE (Broken pipe)`: the name that the man pages use, then the text.
#[must_use]
pub fn errno(e: Errno) -> String {
    format!("{e:?} ({})", e.desc())
}

/// The same for an error of std's.
#[must_use]
pub fn io_error(e: &io::Error) -> String {
    match e.raw_os_error() {
        Some(number) => errno(Errno::from_raw(number)),
        None => e.to_string(),
    }
}

/// Checks what the story is about to say, or has just said.
///
/// # Errors
///
/// [`Stop::Failed`] with the sentence that turned out not to be so.
pub fn must(holds: bool, sentence: impl Display) -> Result<(), Stop> {
    if holds {
        return Ok(());
    }
    Err(Stop::Failed(format!("this should hold and does not: {sentence}")))
}
