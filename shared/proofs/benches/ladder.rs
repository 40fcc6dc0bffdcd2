//! Is the ladder of `throughput` as fast in Rust as in C++? Both climb it here,
//! rung by rung, in pairs: Rust first, then C++ first, and so on, each time in
//! a process of its own. What slows the machine down for a while slows both,
//! so the ratio of a pair says more than the figures do.
//!
//! Run it: `cargo bench -p proofs --bench ladder`. It takes a C++ compiler:
//! `CXX`, or c++, g++ or clang++. It ends with 1 where Rust is slower than the
//! bound, or where the two cannot be compared.

// What is measured is the example's own source, not a copy of it. Elsewhere
// than on Linux most rungs are missing, and nothing is measured.
#[cfg(target_os = "linux")]
#[path = "ladder/compare.rs"]
mod compare;
#[cfg(target_os = "linux")]
#[path = "../../../anonymous-pipe/examples/throughput/linux.rs"]
mod further;
#[cfg(target_os = "linux")]
#[path = "../../../anonymous-pipe/examples/throughput/pattern.rs"]
mod pattern;
#[cfg(target_os = "linux")]
#[path = "../../../anonymous-pipe/examples/throughput/rounds.rs"]
mod rounds;
#[cfg(target_os = "linux")]
#[path = "../../../anonymous-pipe/examples/throughput/rungs.rs"]
mod rungs;
#[cfg(target_os = "linux")]
#[path = "../../../anonymous-pipe/examples/throughput/source.rs"]
mod source;
#[cfg(target_os = "linux")]
#[path = "../../../anonymous-pipe/examples/throughput/trip.rs"]
mod trip;

use std::process::ExitCode;

use shared::stop::Stop;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    let compared = compare::main();
    #[cfg(not(target_os = "linux"))]
    let compared = Err(Stop::Failed("most rungs are Linux's".to_string()));
    compared
        .map_or_else(|stop: Stop| stop.exit("ladder"), |()| ExitCode::SUCCESS)
}
