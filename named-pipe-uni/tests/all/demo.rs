//! What the demo prints, and what it does when it is not left in peace.

const DEMO: &str = env!("CARGO_BIN_EXE_named-pipe-uni");

harness::demo_tests!("named-pipe-uni", DEMO);

/// One demo stands for all here: the waiting is the narrator's. It stands in
/// this crate, where another test waits for a deadline.
#[test]
fn the_deadline_stands_still_while_a_class_discusses() {
    demo::is_patient_with_a_class(DEMO);
}
