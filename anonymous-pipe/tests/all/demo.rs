//! What the demo prints, and what it does when it is not left in peace.

const DEMO: &str = env!("CARGO_BIN_EXE_anonymous-pipe");

harness::demo_tests!("anonymous-pipe", DEMO);
