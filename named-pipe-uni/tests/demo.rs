//! What the demo prints, and what it does when it is not left in peace.

const DEMO: &str = env!("CARGO_BIN_EXE_named-pipe-uni");

harness::demo_tests!("named-pipe-uni", DEMO);
