//! What the kernel says, asked of descriptors that the test knows all about.

use std::fmt::Debug;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{dup, getpid, pipe, write};
use shared::observe::{self, Access, Seen};

/// What a system does not tell is unknown; what it tells must be so.
fn tells<T: Copy + PartialEq + Debug>(seen: Seen<T>, value: T) {
    if cfg!(target_os = "linux") || seen.0.is_some() {
        assert_eq!(seen.0, Some(value));
    }
}

/// [AP-01] [AP-06] [AP-07]
#[test]
fn the_kernel_counts_what_waits_in_a_pipe() {
    let Ok((read_end, write_end)) = pipe() else { panic!("pipe") };
    tells(observe::access(&read_end), Access::Read);
    tells(observe::access(&write_end), Access::Write);
    tells(observe::bytes_waiting(&read_end), 0);
    assert_eq!(write(&write_end, b"ping"), Ok(4));
    tells(observe::bytes_waiting(&read_end), 4);
}

/// [AP-13] [AP-14] A sandbox may forbid kcmp: then this is unknown, and only
/// then.
#[test]
fn a_dup_shares_its_description_and_the_other_end_does_not() {
    let Ok((read_end, write_end)) = pipe() else { panic!("pipe") };
    let Ok(copy) = dup(&write_end) else { panic!("dup") };
    let same = observe::same_description(&write_end, &copy);
    let other = observe::same_description(&write_end, &read_end);
    if same == Seen(None) {
        println!("skipped: kcmp is refused here");
        assert_eq!(other, Seen(None));
        return;
    }
    assert_eq!((same, other), (Seen(Some(true)), Seen(Some(false))));

    // Flags of the description are shared, flags of the descriptor are not.
    let nonblock = FcntlArg::F_SETFL(OFlag::O_NONBLOCK);
    assert!(fcntl(&copy, nonblock).is_ok());
    tells(observe::nonblocking(&write_end), true);
    tells(observe::nonblocking(&read_end), false);
    tells(observe::close_on_exec(&copy), false);
}

/// Whoever started this program may have left it many descriptors.
#[test]
fn an_end_with_a_large_number_is_an_end() {
    let Ok((read_end, write_end)) = pipe() else { panic!("pipe") };
    let above = match fcntl(&write_end, FcntlArg::F_DUPFD(700)) {
        // SAFETY: it was made just now, and nobody else has it.
        Ok(above) => unsafe { OwnedFd::from_raw_fd(above) },
        Err(e) => {
            println!("skipped: F_DUPFD from 700 on: {e}");
            return;
        }
    };
    let ends = observe::own_ends(&read_end).unwrap_or_default();
    let large = (above.as_raw_fd(), Access::Write);
    assert!(ends.contains(&large), "{ends:?}");
    let first = (read_end.as_raw_fd(), Access::Read);
    assert!(ends.contains(&first), "{ends:?}");
}

/// A Unix socket's other end has a number; a pipe's has none to tell.
#[test]
fn the_kernel_knows_who_connected_to_a_unix_socket() {
    let Ok((ours, _theirs)) = UnixStream::pair() else { panic!("socketpair") };
    tells(observe::peer(&ours), getpid());
    let Ok((read_end, _write_end)) = pipe() else { panic!("pipe") };
    assert_eq!(observe::peer(&read_end), Seen(None));
}

/// [AP-54] Rust ignores SIGPIPE before main starts.
#[test]
fn rust_ignores_sigpipe() {
    let sigpipe = nix::sys::signal::Signal::SIGPIPE;
    assert_eq!(observe::ignored(sigpipe), Seen(Some(true)));
}
