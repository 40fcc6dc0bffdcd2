//! The reader leaves early, as `head` does. A Rust program that prints with
//! println! panics. A C program ends quietly, of SIGPIPE; but Rust ignores
//! that signal, and what is started by fork and exec inherits it ignored.
//!
//! What you will see: a `yes` in Rust, then one in sh, each ending badly and
//! well; in your own shell, with
//! `cargo run -p anonymous-pipe --example broken_pipe -- println | head -n 1`.
//!
//! Run it: `cargo run -p anonymous-pipe --example broken_pipe`. People met it
//! in programs that print (rust-lang/rust#119980, sharkdp/fd#24) and in those
//! that start others (asciinema/asciinema#369). Man pages: signal(7), "Signal
//! dispositions", and write(2), EPIPE. Claims: [AP-54] [FP-26].

use std::env;
use std::ffi::{CStr, CString};
use std::io::{self, BufRead, BufReader, ErrorKind::BrokenPipe, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use nix::libc;
use nix::sys::signal::{SigHandler::SigDfl, Signal::SIGPIPE, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, dup2_stderr, dup2_stdout, execvp, fork};
use shared::bug;
use shared::cli::About;
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

/// A `yes` in sh, which is a C program, and leaves SIGPIPE as it finds it. Of
/// the system's own `yes` that is not certain: one is in Rust, and gives
/// itself the default back.
const YES: &[&CStr] = &[c"sh", c"-c", c"while echo y; do :; done; exit 1"];

fn main() -> ExitCode {
    // With one of these words this program is the yes in Rust.
    match env::args_os().nth(1).unwrap_or_default().to_str() {
        Some("println") => return yes(false),
        Some("writeln") => return yes(true),
        _ => {}
    }
    let shows = "How programs end when their reader leaves early";
    let about = About { shows, ..shared::about!() };
    bug::run(&about, |tell, halves| {
        let me = env::current_exe().named("readlink of this program")?;
        let me = CString::new(me.as_os_str().as_bytes()).unwrap_or_default();
        if halves.broken {
            tell.step("Broken: println!, and nobody reads any more")?;
            head(tell, &[&me, c"println"], false, "exit status 101")?;
            tell.step("Broken: a yes in sh, started with SIGPIPE ignored")?;
            head(tell, YES, false, "exit status 1")?;
        }
        if halves.mended {
            tell.step("Mended: writeln!, and its error is the end")?;
            head(tell, &[&me, c"writeln"], true, "exit status 0")?;
            tell.step("Mended: a yes in sh, SIGPIPE being as C has it")?;
            head(tell, YES, true, "killed by SIGPIPE")?;
        }
        Ok(())
    })
}

/// println! answers nothing: all it can do with an error is panic. writeln!
/// answers the error, and a broken pipe says that nothing is left to do.
fn yes(mended: bool) -> ExitCode {
    loop {
        if !mended {
            println!("y");
            continue;
        }
        let answer = writeln!(io::stdout(), "y"); // <-- the fix
        match answer {
            Ok(()) => {}
            Err(e) if e.kind() == BrokenPipe => return ExitCode::SUCCESS,
            Err(e) => return Stop::Failed(format!("write: {e}")).exit("yes"),
        }
    }
}

/// Starts a program, reads its first line and leaves, as `head -n 1` does.
/// `Command` would start it in three lines, and has the fix in it.
fn head(
    tell: &mut Narrator,
    words: &[&CStr],
    mended: bool,
    expected: &str,
) -> Result<(), Stop> {
    // exec closes the ends of std's pipes, and leaves the program the copies
    // that dup2 makes: nobody but this process can read.
    let (reader, stdout) = io::pipe().named("pipe")?;
    let (mut errors, stderr) = io::pipe().named("pipe")?;
    // SAFETY: this process has one thread.
    let child = match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => ChildGuard::new(child),
        ForkResult::Child => {
            ways_out::end_with_parent();
            if mended {
                // SAFETY: the default action runs no code of ours.
                let _ = unsafe { signal(SIGPIPE, SigDfl) }; // <-- the fix
            }
            // What it says will be shown: in English, if it has the choice.
            // SAFETY: this process has one thread.
            unsafe { env::set_var("LC_ALL", "C") };
            // Only a failure leads further than exec.
            let _ = dup2_stdout(&stdout)
                .and_then(|()| dup2_stderr(&stderr))
                .and_then(|()| execvp(words[0], words));
            // SAFETY: it ends this process; nothing is used after it.
            unsafe { libc::_exit(127) }
        }
    };
    drop((stdout, stderr));
    let mut line = String::new();
    BufReader::new(reader).read_line(&mut line).named("read")?;

    // Now nobody reads. What does the program say, and how does it end?
    let mut said = String::new();
    errors.read_to_string(&mut said).named("read")?;
    let end = match waitpid(child.pid(), None).named("waitpid")? {
        WaitStatus::Exited(_, status) => format!("exit status {status}"),
        WaitStatus::Signaled(_, signal, _) => format!("killed by {signal}"),
        other => format!("{other:?}"),
    };
    child.reaped();
    // Not all name the pipe: in dash any failed write is an "I/O error".
    let why = said.lines().find(|line| line.contains("pipe"));
    let why = why.or(said.lines().find(|line| !line.is_empty()));
    tell.remark(&end, why.unwrap_or("not a word"));
    must(end == expected && said.is_empty() == mended, expected)
}
