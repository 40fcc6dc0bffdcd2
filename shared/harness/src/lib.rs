//! Runs programs from outside, for the tests of every crate.
//!
//! A program gets a session of its own, a temporary directory of its own, and
//! a deadline. When the deadline passes, its whole process group is killed
//! and the test fails with what was printed up to then. A program ends when
//! nobody holds its standard output and standard error any more: that proves
//! that it left no child behind, without asking twice or sleeping.
//!
//! Nothing here forks: a test harness has many threads.

pub mod demo;
pub mod exercise;
pub mod experiment;
mod home;
pub mod measured;
mod outcome;
pub mod pipes;
mod program;
mod running;
mod session;
mod surroundings;
pub mod table;
mod terminal;
mod text;
pub mod transcript;
mod watch;
#[cfg(target_os = "linux")]
mod without;

pub use home::Home;
pub use nix::sys::signal::Signal;
pub use outcome::Outcome;
pub use program::Program;
pub use running::Running;
pub use session::Session;
pub use surroundings::alike_everywhere;
pub use terminal::Terminal;

use std::fmt::{Debug, Display};

/// The value, or a failed test that says what went wrong.
///
/// # Panics
///
/// If there is no value.
pub fn get<T, E: Debug>(result: Result<T, E>, what: impl Display) -> T {
    match result {
        Ok(value) => value,
        Err(e) => panic!("{what}: {e:?}"),
    }
}

/// A word as a shell has to be told it, whatever the folder is called.
#[must_use]
pub fn quoted(word: impl Display) -> String {
    format!("'{}'", word.to_string().replace('\'', r"'\''"))
}

/// Whether this test may do what only root may.
#[must_use]
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}
