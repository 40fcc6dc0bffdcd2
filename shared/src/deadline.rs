//! The deadline of a story: nothing hangs for ever, and what hangs explains
//! itself.
//!
//! An alarm(2) rings if a step takes too long. The first time, the program
//! starts a second copy of itself to look at it from outside, and goes back
//! into the call that it hangs in: there it can be seen. A second later the
//! alarm rings again. When all is said by then, or nine seconds later at
//! the latest, the program cleans up and ends.
//!
//! `DEADLINE=60` in the environment sets another number of seconds, and
//! `DEADLINE=0` none, for those who work with a debugger.

use std::env;
use std::ffi::{CString, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet};
use nix::sys::signal::{Signal, sigaction};
use nix::unistd::{Pid, alarm, getpid, getppid};

use crate::observe::{hang, stuck};
use crate::stop::{Named, Stop};
use crate::ways_out;

/// Seconds that one step may take, unless the environment says otherwise. No
/// story takes one; this is there to catch a hang, never to be in step.
pub(crate) const SECONDS: u32 = 10;

/// Seconds for looking at a hang, before it is ended; and how many times that
/// on a busy machine, where the one who looks has to wait for a CPU.
const LOOK: u32 = 1;
const LOOKS: u32 = 10;

/// The word that makes a program explain another process, and end.
pub(crate) const EXPLAIN: &str = "--explain-hang";

static CURRENT: AtomicU32 = AtomicU32::new(SECONDS);
static RANG: AtomicU32 = AtomicU32::new(0);
static LOOKS_NOW: AtomicI32 = AtomicI32::new(0);
static LOOKER: OnceLock<Looker> = OnceLock::new();

/// All that the handler needs, made before a signal can come.
struct Looker {
    program: CString,
    words: [CString; 3],
    too_late: String,
}

/// From now on the deadline counts, as soon as it is armed.
///
/// # Errors
///
/// As sigaction(2) "ERRORS" lists.
pub fn install(name: &str) -> Result<(), Stop> {
    let seconds = env::var("DEADLINE").ok().and_then(|text| text.parse().ok());
    let seconds = seconds.unwrap_or(SECONDS);
    CURRENT.store(seconds, Ordering::SeqCst);
    let program = env::current_exe().unwrap_or_default();
    let process = getpid().to_string();
    let words = [name, EXPLAIN, &process].map(CString::new);
    if let (Ok(program), [Ok(a), Ok(b), Ok(c)]) =
        (CString::new(program.as_os_str().as_bytes()), words)
    {
        LOOKER.get_or_init(|| Looker {
            program,
            words: [a, b, c],
            too_late: format!(
                "{name}: no progress for {seconds} s. It waits for this, and \
                 ends if it does not go on:\n"
            ),
        });
    }
    // Under Yama, only an ancestor may see what a process sleeps in, if it is
    // not invited. The looker is a child.
    #[cfg(target_os = "linux")]
    // SAFETY: prctl with these words touches no memory.
    unsafe {
        libc::prctl(libc::PR_SET_PTRACER, libc::PR_SET_PTRACER_ANY)
    };
    // SA_RESTART: the call that hangs goes on hanging, to be looked at.
    let handler = SigHandler::Handler(ring);
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: `ring` only makes calls that signal-safety(7) lists.
    unsafe { sigaction(Signal::SIGALRM, &action) }.named("sigaction")?;
    Ok(())
}

/// The deadline starts anew.
pub fn arm() {
    RANG.store(0, Ordering::SeqCst);
    let seconds = CURRENT.load(Ordering::SeqCst);
    if seconds > 0 {
        alarm::set(seconds);
    }
}

/// The deadline stands still, while a person or a slow input is waited for.
pub fn rest() {
    alarm::cancel();
}

extern "C" fn ring(_signal: c_int) {
    let Some(looker) = LOOKER.get() else { return };
    let before = Errno::last();
    let rang = RANG.fetch_add(1, Ordering::SeqCst);
    if rang == 0 {
        ways_out::last_words(looker.too_late.as_bytes());
        let child = fork_in_a_handler();
        if child == 0 {
            look_from_outside(looker);
        }
        let child = i32::try_from(child).unwrap_or(-1);
        LOOKS_NOW.store(child, Ordering::SeqCst);
    } else if rang == LOOKS || !somebody_looks() {
        ways_out::clean_up();
        // SAFETY: it ends the program here, without its destructors.
        unsafe { libc::_exit(1) }
    }
    // SAFETY: alarm touches no memory.
    unsafe { libc::alarm(LOOK) };
    // The call that was interrupted may be about to look at its errno.
    before.set();
}

/// Whether the looker is still at work.
fn somebody_looks() -> bool {
    let looker = LOOKS_NOW.load(Ordering::SeqCst);
    looker > 0 && !stuck::has_ended(Pid::from_raw(looker))
}

/// The system call alone: libc's fork runs handlers and takes locks, which a
/// signal handler must not wait for.
#[cfg(all(target_os = "linux", not(target_arch = "s390x")))]
fn fork_in_a_handler() -> libc::c_long {
    let flags = libc::c_long::from(libc::SIGCHLD);
    // SAFETY: without a stack of its own the child gets a copy of everything,
    // as by fork; until exec it makes nothing but system calls.
    unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) }
}

// On s390x clone(2) takes its words in another order; other systems have none.
#[cfg(not(all(target_os = "linux", not(target_arch = "s390x"))))]
fn fork_in_a_handler() -> libc::c_long {
    // SAFETY: until exec the child makes nothing but system calls.
    unsafe { libc::fork() }.into()
}

/// In the child: away with the pipe ends that came along, or the looker would
/// find itself among the holders; then the program anew, from its start.
fn look_from_outside(looker: &Looker) -> ! {
    for fd in 3..1024 {
        // SAFETY: nothing in this process uses a descriptor any more.
        unsafe { libc::close(fd) };
    }
    let [name, explain, process] = &looker.words;
    let words: [*const c_char; 4] =
        [name.as_ptr(), explain.as_ptr(), process.as_ptr(), ptr::null()];
    // SAFETY: a program and a list of words, each ended as C wants it.
    unsafe { libc::execv(looker.program.as_ptr(), words.as_ptr()) };
    // SAFETY: there is no such program any more; nothing else to do.
    unsafe { libc::_exit(1) }
}

/// The looker: explains `process` and its children to standard error.
pub(crate) fn explain(process: &str) {
    let Ok(process) = process.parse().map(Pid::from_raw) else { return };
    if getppid() != process {
        // It has ended, or never was this one's parent.
        return;
    }
    let mut concerned = vec![process];
    concerned.extend(hang::children(process));
    // The looker is a child, too, of the one that hangs.
    concerned.retain(|process| *process != getpid());
    for process in concerned {
        let report = format!("{}\n", hang::explain(process, &[]));
        // Standard error may be closed: then nobody wants to know.
        ways_out::last_words(report.as_bytes());
    }
}
