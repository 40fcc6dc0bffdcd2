//! What a signal does to a call that waits. Each signal here is sent to one
//! thread, as the kernel would send it to a process that has only one.

use std::os::fd::OwnedFd;
use std::path::Path;

use harness::experiment::{Waiting, waits};
use harness::{Home, get, pipes};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, pipe, read, write};

/// A handler that does nothing is a handler.
extern "C" fn handler(_signal: libc::c_int) {}

/// Handles a signal from now on, for all of this program: so each test has
/// signals of its own, or agrees with the others about them.
fn handles(signal: Signal, flags: SaFlags) {
    let action = SigHandler::Handler(handler);
    let action = SigAction::new(action, flags, SigSet::empty());
    // SAFETY: the handler does nothing, so it may interrupt anything.
    get(unsafe { sigaction(signal, &action) }, signal);
}

/// A signal that interrupts, and one that asks to go on.
fn interrupting() -> Signal {
    handles(Signal::SIGUSR1, SaFlags::empty());
    Signal::SIGUSR1
}

fn restarting() -> Signal {
    handles(Signal::SIGUSR2, SaFlags::SA_RESTART);
    Signal::SIGUSR2
}

/// Four calls that wait, each with what would let it go on.
struct Calls {
    read: (Waiting<nix::Result<usize>>, OwnedFd),
    write: (Waiting<nix::Result<usize>>, OwnedFd),
    open: (Waiting<nix::Result<OwnedFd>>, Home),
    poll: (Waiting<nix::Result<i32>>, OwnedFd),
}

const FIFO: &str = "fifo";

fn calls_that_wait() -> Calls {
    let (empty, to_empty) = get(pipe(), "pipe");
    let (of_full, full) = get(pipe(), "pipe");
    let (polled, to_polled) = get(pipe(), "pipe");
    pipes::resize(&full, 1);
    assert_eq!(write(&full, &vec![0; pipes::page()]), Ok(pipes::page()));
    let home = Home::fresh();
    let path = home.path().join(FIFO);
    get(mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
    Calls {
        read: (waits(move || read(&empty, &mut [0; 64])), to_empty),
        write: (waits(move || write(&full, b"x")), of_full),
        open: (waits(move || opened(&path, OFlag::O_RDONLY)), home),
        poll: (waits(move || poll_for_bytes(&polled)), to_polled),
    }
}

fn opened(path: &Path, how: OFlag) -> nix::Result<OwnedFd> {
    open(path, how, Mode::empty())
}

fn poll_for_bytes(end: impl std::os::fd::AsFd) -> nix::Result<i32> {
    let mut one = [PollFd::new(end.as_fd(), PollFlags::POLLIN)];
    poll(&mut one, PollTimeout::NONE)
}

/// [FP-19] EINTR is no error of the pipe's. Who asked for no `SA_RESTART` calls
/// again.
#[test]
fn a_handler_without_sa_restart_ends_whatever_waits() {
    let signal = interrupting();
    let calls = calls_that_wait();
    calls.read.0.is_sent(signal);
    calls.write.0.is_sent(signal);
    calls.open.0.is_sent(signal);
    calls.poll.0.is_sent(signal);
    assert_eq!(calls.read.0.returns(), Err(Errno::EINTR));
    assert_eq!(calls.write.0.returns(), Err(Errno::EINTR));
    assert_eq!(calls.open.0.returns().err(), Some(Errno::EINTR));
    assert_eq!(calls.poll.0.returns(), Err(Errno::EINTR));
}

/// [FP-19]
#[test]
fn sa_restart_takes_up_read_write_and_open_again_but_never_poll() {
    let signal = restarting();
    let calls = calls_that_wait();
    calls.poll.0.is_sent(signal);
    assert_eq!(calls.poll.0.returns(), Err(Errno::EINTR));

    calls.read.0.is_sent(signal);
    calls.write.0.is_sent(signal);
    calls.open.0.is_sent(signal);
    assert!(calls.read.0.still_waits(), "as if nothing had been");
    assert_eq!(write(&calls.read.1, b"at last"), Ok(7));
    assert_eq!(calls.read.0.returns(), Ok(7));
    assert!(calls.write.0.still_waits());
    let page = pipes::page();
    assert_eq!(read(&calls.write.1, &mut vec![0; page]), Ok(page));
    assert_eq!(calls.write.0.returns(), Ok(1));
    assert!(calls.open.0.still_waits());
    let path = calls.open.1.path().join(FIFO);
    let writer = opened(&path, OFlag::O_WRONLY);
    assert!(writer.is_ok() && calls.open.0.returns().is_ok());
}

/// [FP-20] What is in the pipe cannot be written again, so the call answers how
/// much that is, and the caller writes the rest.
#[test]
fn a_write_that_is_half_done_ends_with_a_signal_even_with_sa_restart() {
    for signal in [interrupting(), restarting()] {
        let (read_end, write_end) = get(pipe(), "pipe");
        let capacity = pipes::capacity(&write_end);
        let much = vec![b'x'; 2 * capacity];
        let writer = waits(move || write(&write_end, &much));
        writer.is_sent(signal);
        assert_eq!(writer.returns(), Ok(capacity), "{signal}");
        assert_eq!(pipes::waiting(&read_end), capacity);
    }
}

/// [FP-18] By default SIGCHLD is ignored, and what is ignored interrupts
/// nothing. Nobody else in this program cares about it.
#[test]
fn sigchld_interrupts_a_read_only_where_there_is_a_handler() {
    let (read_end, _write_end) = get(pipe(), "pipe");
    let reader = waits(move || read(&read_end, &mut [0; 64]));
    reader.is_sent(Signal::SIGCHLD);
    assert!(reader.still_waits(), "nobody handles it");
    handles(Signal::SIGCHLD, SaFlags::SA_RESTART);
    reader.is_sent(Signal::SIGCHLD);
    assert!(reader.still_waits(), "it is handled, and read goes on");
    handles(Signal::SIGCHLD, SaFlags::empty());
    reader.is_sent(Signal::SIGCHLD);
    assert_eq!(reader.returns(), Err(Errno::EINTR));
}
