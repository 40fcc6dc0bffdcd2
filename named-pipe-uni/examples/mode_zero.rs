//! A mode of 0 is not "the default": it makes a FIFO that nobody may open, its
//! maker included. Root may open everything, so as root the bug stays hidden
//! until the program runs as somebody else.
//!
//! What you will see: `mkfifo(path, 0)`, as one article has it, and EACCES;
//! then mode 0600. Run by root, this program starts itself once more, as an
//! ordinary user, who makes the FIFO and opens it.
//!
//! Run it: `cargo run -p named-pipe-uni --example mode_zero`. People met it in
//! an article on the internals of FIFOs, and in mrlt8/docker-wyze-bridge#1174,
//! which gave mkfifo the flags of open for a mode: fine as root, EACCES for
//! everybody else. Man pages: mkfifo(3), "DESCRIPTION"; `path_resolution(7)`,
//! "Permissions". Claim: [NU-03].

use std::env;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use named_pipe_uni::fifo::{self, Home};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, unlink};
use shared::bug;
use shared::cli::About;
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{ChildGuard, PathGuard};

/// An ordinary user: "nobody", on most systems.
const NOBODY: u32 = 65534;

fn main() -> ExitCode {
    let words: Vec<_> = env::args_os().skip(1).collect();
    match &words[..] {
        // The part that root starts as another user: it prints nothing, and
        // its exit status is the error number.
        [role, half, name] if role == "as-nobody" => {
            let answer = make_and_open(Path::new(name), half == "mended");
            let number = answer.map_or_else(|errno| errno as i32, |()| 0);
            ExitCode::from(u8::try_from(number).unwrap_or(u8::MAX))
        }
        _ => story(),
    }
}

fn story() -> ExitCode {
    let shows = "A FIFO of mode 0 is closed to its own maker";
    let about = About { shows, ..shared::about!() };
    bug::run(&about, |tell, halves| {
        if halves.broken {
            tell.step("Broken: mkfifo(path, 0)")?;
            let answer = as_ordinary_user(tell, false)?;
            must(answer == Err(Errno::EACCES), "its maker may not open it")?;
            tell.say("open = EACCES, for the user who has just made it.");
        }
        if halves.mended {
            tell.step("Mended: mkfifo(path, 0600)")?;
            let answer = as_ordinary_user(tell, true)?;
            must(answer == Ok(()), "its maker may open it")?;
            tell.say("open is well: the owner may read and write.");
        }
        Ok(())
    })
}

/// The lesson: make a FIFO, and open it for reading.
fn make_and_open(path: &Path, mended: bool) -> nix::Result<()> {
    let mut mode = Mode::empty();
    if mended {
        mode = Mode::S_IRUSR | Mode::S_IWUSR; // <-- the fix
    }
    mkfifo(path, mode)?;
    let opened = fifo::open(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK);
    unlink(path)?;
    match opened {
        Ok(_) => Ok(()),
        Err(refused) => Err(refused.errno.unwrap_or(Errno::EINVAL)),
    }
}

/// The lesson, as an ordinary user: this one, or the one that root becomes.
fn as_ordinary_user(
    tell: &mut Narrator,
    mended: bool,
) -> Result<nix::Result<()>, Stop> {
    let home = Home::new()?;
    let path = home.path().join("work");
    let _cleaner = PathGuard::new(&path)?;
    if make_and_open(&path, false) == Err(Errno::EACCES) {
        return Ok(make_and_open(&path, mended));
    }
    // Modes do not hold for this process: it has CAP_DAC_OVERRIDE.
    tell.say(format!(
        "I am root, and may open anything. So user {NOBODY} tries:"
    ));

    // A directory to make it in; entered here, because that user may be kept
    // out of the directories above.
    chown(home.path(), Some(NOBODY), Some(NOBODY))
        .named(format!("chown to {NOBODY}"))?;
    env::set_current_dir(home.path()).named("chdir")?;
    // This program, by a name that works for everybody, where there is one.
    let itself = PathBuf::from("/proc/self/exe");
    let itself = if itself.exists() { Ok(itself) } else { env::current_exe() };
    let itself = itself.named("readlink of this program")?;
    // A fork that only changes its user is closed to /proc; a program that
    // was started as that user is not.
    let mut child = Command::new(itself)
        .args(["as-nobody", if mended { "mended" } else { "broken" }, "work"])
        .uid(NOBODY)
        .gid(NOBODY)
        .spawn()
        .named(format!("start as user {NOBODY}"))?;
    let guard = ChildGuard::of(&child);
    let status = child.wait().named("waitpid")?;
    guard.reaped();
    match status.code() {
        Some(0) => Ok(Ok(())),
        Some(number) => Ok(Err(Errno::from_raw(number))),
        None => Err(Stop::Failed(format!("the user's part ended: {status}"))),
    }
}
