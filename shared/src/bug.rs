//! What the examples of classic bugs share: `broken` and `mended` as words,
//! `--hang`, and a hang that explains itself and ends.

use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getpid};

use crate::cli::{self, About};
use crate::deadline;
use crate::narrate::Narrator;
use crate::observe::hang;
use crate::stop::{Named, Stop, must, uninterrupted};
use crate::ways_out::ChildGuard;

/// Which half of the example to run, and how.
#[derive(Debug)]
pub struct Halves {
    /// The broken half.
    pub broken: bool,
    /// The mended half.
    pub mended: bool,
    hang: bool,
}

/// [`cli::run`], for a bug and its fix. Without a word both halves run; with
/// `--hang` only the broken one.
#[must_use]
pub fn run(
    about: &About,
    story: impl FnOnce(&mut Narrator, &Halves) -> Result<(), Stop>,
) -> ExitCode {
    let words = &[
        ("broken", "only the broken half"),
        ("mended", "only the mended half"),
    ];
    let about = About { words, ..*about };
    cli::run_asked(&about, |tell, asked| {
        let word = asked.words.first().map(|word| word.to_string_lossy());
        let (broken, mended) = match (word.as_deref(), asked.hang) {
            (None, false) => (true, true),
            (None | Some("broken"), _) => (true, false),
            (Some("mended"), false) => (false, true),
            _ => return Err(cli::refuse(&about, &asked.words)),
        };
        story(tell, &Halves { broken, mended, hang: asked.hang })
    })
}

impl Halves {
    /// Waits until `child` is stuck, and prints why, as the kernel has it.
    /// With `--hang` it leaves it so, to be looked at from another terminal.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`] if the child ends, or goes on working.
    pub fn explain_hang(
        &self,
        tell: &mut Narrator,
        child: &ChildGuard,
        others: &[(Pid, &str)],
    ) -> Result<(), Stop> {
        let pid = child.pid();
        if self.hang {
            deadline::rest();
            tell.say(format!("child {pid} hangs, until Ctrl-C. Look at it:"));
            tell.say(format!("cargo run -p shared --bin who_holds -- {pid}"));
            waitpid(pid, None).named("waitpid")?;
            return Err(Stop::Failed(format!("somebody ended child {pid}")));
        }
        must(hang::is_stuck(pid), format!("the child {pid} hangs"))?;
        let mut names = others.to_vec();
        names.extend([(pid, "child"), (getpid(), "parent")]);
        tell.say("It is stuck. The kernel says why:");
        tell.report(&hang::explain(pid, &names));
        Ok(())
    }
}

/// Waits for a child that does what it should. The deadline starts anew.
///
/// # Errors
///
/// [`Stop::Failed`] if it ends in any other way than by exit status 0.
pub fn ends_well(child: ChildGuard) -> Result<(), Stop> {
    deadline::arm();
    let status =
        uninterrupted(|| waitpid(child.pid(), None)).named("waitpid")?;
    child.ended(status)
}
