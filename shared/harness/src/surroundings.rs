//! What a program finds around it: the same in every run, wherever the tests
//! run, and nothing of the user's.

use std::process::Command;
use std::sync::Once;

use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;

use crate::home::Home;

/// Variables that would change what a program prints, or where it puts what
/// it makes. A backtrace takes long in a program that is built to be debugged.
const NOT_THEIRS: [&str; 7] = [
    // Before LC_ALL it chooses the language of messages.
    "LANGUAGE",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "XDG_RUNTIME_DIR",
];

/// The environment: a temporary directory of its own, and no colours.
pub(crate) fn at_home(command: &mut Command, home: &Home) {
    command.env("TMPDIR", home.path());
    plain_environment(command);
    room_for_descriptors();
}

/// Many programs at once, each with three pipes to its test, need more
/// descriptors than the 256 that macOS gives a process at first.
fn room_for_descriptors() {
    const ENOUGH: libc::rlim_t = 4096;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let files = Resource::RLIMIT_NOFILE;
        match getrlimit(files) {
            Ok((soft, hard)) if soft < ENOUGH => {
                // Where more is forbidden, a test that needs it says so.
                let _ = setrlimit(files, ENOUGH.min(hard), hard);
            }
            _ => {}
        }
    });
}

fn plain_environment(command: &mut Command) {
    command.env("LC_ALL", "C.UTF-8");
    // A shell on a terminal would write into the user's history.
    command.env("HISTFILE", "");
    for name in NOT_THEIRS {
        command.env_remove(name);
    }
}

/// A session of its own: without a terminal, or with the one that is its
/// descriptor 0. No descriptors but 0, 1 and 2, so that numbers are the same
/// each time. No signal ignored, as nohup(1) or `&` may have arranged for the
/// tests.
pub(crate) fn own_session(command: &mut Command, with_terminal: bool) {
    use std::os::unix::process::CommandExt;

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
        ignore_nothing();
        close_at_exec();
        Ok(())
    };
    // SAFETY: between fork and exec it makes async-signal-safe calls only.
    unsafe { command.pre_exec(prepare) };
}

/// For a program that is started without the rest of this file: nothing in
/// its environment, and no signal that it ignores, is the user's.
pub fn alike_everywhere(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    plain_environment(command);
    let prepare = || {
        ignore_nothing();
        Ok(())
    };
    // SAFETY: it makes async-signal-safe calls only.
    unsafe { command.pre_exec(prepare) };
}

/// What is ignored stays so over exec, and a shell cannot even catch it.
fn ignore_nothing() {
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT] {
        // SAFETY: the default action runs no code of ours.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Marks every descriptor but 0, 1 and 2, open or not: exec is next, so nobody
/// misses one. One call where there is one for it, since Linux 5.11.
fn close_at_exec() {
    #[cfg(target_os = "linux")]
    {
        // Older C libraries have no function for it.
        let (call, how) = (libc::SYS_close_range, libc::CLOSE_RANGE_CLOEXEC);
        // SAFETY: it touches no memory.
        if unsafe { libc::syscall(call, 3, libc::c_uint::MAX, how) } == 0 {
            return;
        }
    }
    for fd in 3..1024 {
        // SAFETY: a flag of a number that may not even be open.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// The processes of a session that are at work. A job of a shell is in a
/// process group of its own, and in the session of its shell.
#[cfg(target_os = "linux")]
pub(crate) fn members(session: Pid) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = entries.filter_map(|entry| {
        std::fs::read_to_string(entry.path().join("stat")).ok()
    });
    let is_one = |stat: &String| {
        // Behind the name in parentheses: state, parent, group, session.
        let behind = stat.rsplit(')').next().unwrap_or_default();
        let words: Vec<_> = behind.split_whitespace().collect();
        let number = session.to_string();
        words.get(3) == Some(&&*number) && words[0] != "Z"
    };
    stats.filter(is_one).collect()
}

/// Nothing that can be seen, without /proc.
#[cfg(not(target_os = "linux"))]
pub(crate) fn members(_session: Pid) -> Vec<String> {
    Vec::new()
}
