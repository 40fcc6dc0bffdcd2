//! A hundred thousand clients, one after the other: each opens the FIFO of
//! `named-pipe-uni server`, sends a frame, and leaves. The server opens its
//! FIFO anew for each. What it forgets to close, or to free, adds up.
//!
//! `cargo run --release -p proofs --bin endurance`; a word is another number
//! of clients.

#[cfg(target_os = "linux")]
mod endurance;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    endurance::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: /proc, which tells what a process holds, is Linux's");
}
