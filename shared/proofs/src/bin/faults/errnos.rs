//! Which faults there are, for which calls.

use crate::trace::Call;

/// What is done to a call.
pub(crate) const DELAYS: [&str; 2] = ["delay_enter", "delay_exit"];
pub(crate) const KILL: &str = "SIGKILL";

/// The errnos that a call can have, by the ERRORS of its man page, and EPERM
/// or EACCES for what a sandbox may forbid. Close is not among the calls: an
/// injected error does not close the descriptor, and close does, whatever it
/// answers.
pub(crate) fn errnos(call: &Call) -> &'static [&'static str] {
    let shape = call.shape.as_str();
    match call.name.as_str() {
        "pipe2" => &["EMFILE", "ENFILE"],
        "clone" | "clone3" => &["EAGAIN", "ENOMEM"],
        "read" if looks_on(call) => &["EINTR", "EIO"],
        "read" | "readv" => &["EINTR", "EIO", "EAGAIN"],
        "write" | "writev" if shape.starts_with("write(1<") => {
            &["EINTR", "EIO", "EAGAIN", "EPIPE", "ENOSPC"]
        }
        "write" | "writev" => &["EINTR", "EIO", "EAGAIN", "EPIPE"],
        "openat" if looks_on(call) => &["EMFILE", "EACCES"],
        "openat" if call.line.contains("O_WRONLY|O_NOCTTY|O_NONBLOCK") => {
            &["EINTR", "EMFILE", "ENFILE", "ENOMEM", "EACCES", "ENXIO"]
        }
        "openat" => &["EINTR", "EMFILE", "ENFILE", "ENOMEM", "EACCES"],
        "mknodat" | "mkdir" => &["EACCES", "EEXIST", "ENOSPC", "ENOMEM"],
        "dup" => &["EMFILE"],
        "dup2" | "dup3" => &["EINTR", "EMFILE"],
        "fcntl" if shape.contains("F_DUPFD") => &["EMFILE"],
        "fcntl" | "ioctl" | "kcmp" => &["EPERM"],
        "poll" | "ppoll" => &["EINTR", "ENOMEM"],
        "wait4" | "waitid" => &["EINTR", "ECHILD"],
        "unlink" | "rmdir" => &["EACCES", "EIO", "ENOMEM"],
        // A number that is not open is asked about, and answered so.
        "newfstatat" if call.line.contains(" EBADF ") => &[],
        // ENOENT would say that the process is gone, and holds nothing.
        "statx" | "newfstatat" | "getdents64" => &["ENOMEM"],
        // It does not wait, so EINTR is none of its errors; and to unlock
        // takes no memory, and cannot fail.
        "flock" if shape.contains("LOCK_UN") => &[],
        "flock" => &["ENOLCK", "EAGAIN"],
        "rename" => &["EACCES", "ENOSPC", "ENOMEM"],
        "lseek" => &["EINVAL"],
        "readlink" => &["EACCES", "ENOMEM"],
        // getpid, alarm, sigaction, sigprocmask and such cannot fail.
        _ => &[],
    }
}

/// Whether a call only looks at what there is, for a picture or a remark.
pub(crate) fn looks_on(call: &Call) -> bool {
    let shape = call.shape.as_str();
    let asks = ["F_GETFL", "F_GETPIPE_SZ", "FIONREAD", "TIOCGWINSZ", "TCGETS"];
    let looks =
        ["getdents64", "kcmp", "lseek", "newfstatat", "readlink", "statx"];
    shape.contains("/proc/")
        || asks.iter().any(|word| shape.contains(word))
        || looks.contains(&call.name.as_str())
}
