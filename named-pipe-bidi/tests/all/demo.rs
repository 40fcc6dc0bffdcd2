//! What the demo prints, and what it does when it is not left in peace.

const DEMO: &str = env!("CARGO_BIN_EXE_named-pipe-bidi");

harness::demo_tests!("named-pipe-bidi", DEMO);
