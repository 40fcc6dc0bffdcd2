//! Ends one process of a demo, at a random moment of its life, with each of
//! the signals that end one. Who is left has to say in a sentence what
//! happened, and end; or to go on, where a lesson promises that. Nothing is
//! left behind, and the next run works, without anybody tidying up.
//!
//! `cargo run --release -p proofs --bin deaths` tries each row of `cast.rs`
//! with each signal 200 times; one more word is another number, and one more
//! the seed of the moments. With a row, a signal and a number of microseconds
//! it tries that moment alone, and says what came of it.

#[cfg(target_os = "linux")]
mod cast;
#[cfg(target_os = "linux")]
mod deaths;
#[cfg(target_os = "linux")]
mod run;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    deaths::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: /proc, which tells who is left, is Linux's");
}
