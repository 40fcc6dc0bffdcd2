//! Makes one read, or one write, and says what it answered. No library calls
//! again where a signal interrupted, and no loop writes the rest: what you
//! see is what the kernel said.
//!
//! Run it, press Ctrl-Z, say `fg`, and give it a line:
//! `cargo run -q -p fork-pipe --example one_call -- read`. The stop did not
//! disturb it. Then the same with a write that is half done, into a pipe that
//! nobody drains: `... one_call -- write 1000000 | sleep 60`. Man pages:
//! signal(7), read(2), write(2). Claim: [FP-21].

use std::env;
use std::io;
use std::process::ExitCode;

use nix::unistd::{read, write};

fn main() -> ExitCode {
    let words: Vec<_> = env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let (call, answer) = match words[..] {
        ["read"] => ("read", read(io::stdin(), &mut [0; 64])),
        ["write", bytes] => match bytes.parse() {
            Ok(bytes) => ("write", write(io::stdout(), &vec![b'x'; bytes])),
            Err(e) => return usage(&format!("{bytes}: {e}")),
        },
        _ => return usage("a call is missing"),
    };
    // To standard error: standard output may be what it wrote to.
    match answer {
        Ok(bytes) => eprintln!("{call} = {bytes}"),
        Err(errno) => eprintln!("{call} = {errno:?}"),
    }
    ExitCode::SUCCESS
}

fn usage(why: &str) -> ExitCode {
    eprintln!("one_call: {why}; usage: one_call read | write BYTES");
    ExitCode::from(2)
}
