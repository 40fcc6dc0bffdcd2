//! Fails each system call of the demos, once, with each errno that `errnos.rs`
//! has for it; delays it; and ends the process in it. Close has none, and a
//! call without one is left out. A demo has to end in time, say what failed,
//! print nothing untrue, and leave nothing behind.
//!
//! `cargo run --release -p proofs --bin faults` tries them, of a loop a few;
//! with `all`, it tries every one. With the five words that a failed one is
//! reported with, it tries that one alone, and shows what the demo printed.
//! strace(1) makes the faults: it fails the n-th call of one name in one
//! process. Which those are, a run without a fault tells first (`trace.rs`).

#[cfg(target_os = "linux")]
mod errnos;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod judge;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod stories;
#[cfg(target_os = "linux")]
mod trace;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    faults::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: strace, which makes the faults, is Linux's");
}
