//! What the demo prints, and what it does when it is not left in peace.

#[cfg(target_os = "linux")]
use {
    harness::{Program, get},
    nix::fcntl::{FcntlArg, fcntl},
    std::io::{Write, pipe},
    std::process::Stdio,
};

const DEMO: &str = env!("CARGO_BIN_EXE_anonymous-pipe");

harness::demo_tests!("anonymous-pipe", DEMO);

/// Not even its last words may wait: nobody reads them, either.
#[cfg(target_os = "linux")]
#[test]
fn with_both_outputs_full_a_demo_still_ends_by_its_deadline() {
    let (_read_end, mut write_end) = get(pipe(), "pipe");
    let size = get(fcntl(&write_end, FcntlArg::F_SETPIPE_SZ(1)), "its size");
    let bytes = vec![b'.'; usize::try_from(size).unwrap_or(0)];
    get(write_end.write_all(&bytes), "write");
    let script = format!("exec {} 2>&1", harness::quoted(DEMO));
    let demo = Program::new("sh").args(&["-c", &script]).env("DEADLINE", "1");
    assert_eq!(demo.start_between(Stdio::null(), write_end).ends(), 1);
}
