//! Linux: what a process is doing, in words, and which system calls wait for
//! a pipe.

use nix::libc;

use super::proc::Doing;

/// What a process is doing, as a reader wants to have it: `sleeps in read(3)`.
pub(super) fn words(doing: &Doing) -> String {
    let place = doing.place.as_ref().map_or(String::new(), |place| {
        format!("  (the kernel calls the place {place})")
    });
    match (doing.state, doing.call) {
        ('S' | 'D', Some((call, first))) => match kind(call) {
            Some(Kind::Read) => format!("sleeps in read({first}){place}"),
            Some(Kind::Write) => format!("sleeps in write({first}){place}"),
            Some(Kind::Open) => format!("sleeps in open{place}"),
            Some(Kind::Other(name)) => format!("sleeps in {name}{place}"),
            None => format!("sleeps in system call {call}{place}"),
        },
        ('S' | 'D', None) => format!("sleeps{place}"),
        ('R', _) => "runs".to_string(),
        ('T' | 't', _) => "is stopped".to_string(),
        ('Z', _) => "has ended and was not waited for".to_string(),
        (state, _) => format!("is in state {state}"),
    }
}

pub(super) enum Kind {
    Read,
    Write,
    Open,
    Other(&'static str),
}

/// The calls that wait for pipes, and those that other sleepers sleep in.
pub(super) fn kind(call: libc::c_long) -> Option<Kind> {
    match call {
        libc::SYS_read | libc::SYS_readv => Some(Kind::Read),
        libc::SYS_write | libc::SYS_writev => Some(Kind::Write),
        libc::SYS_openat => Some(Kind::Open),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_open => Some(Kind::Open),
        libc::SYS_wait4 | libc::SYS_waitid => Some(Kind::Other("wait")),
        libc::SYS_ppoll => Some(Kind::Other("poll")),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => Some(Kind::Other("poll")),
        libc::SYS_pselect6 => Some(Kind::Other("select")),
        libc::SYS_clock_nanosleep | libc::SYS_nanosleep => {
            Some(Kind::Other("sleep"))
        }
        libc::SYS_futex => Some(Kind::Other("futex")),
        _ => None,
    }
}
