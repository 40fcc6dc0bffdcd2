//! What the demo prints, and what it does when it is not left in peace.

use harness::demo;

const DEMO: &str = env!("CARGO_BIN_EXE_named-pipe-uni");

#[cfg(target_os = "linux")]
#[test]
fn the_demo_prints_what_its_readme_shows() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    demo::prints_its_transcript(DEMO, readme, "named-pipe-uni");
}

#[test]
fn an_unknown_word_is_refused_with_what_there_is() {
    demo::answers_its_command_line(DEMO, "named-pipe-uni");
}

#[test]
fn step_needs_a_terminal() {
    demo::needs_a_terminal_for_step(DEMO);
}

#[test]
fn step_waits_for_enter_before_each_step() {
    demo::steps_on_a_terminal(DEMO);
}

#[test]
fn a_closed_standard_output_is_a_quiet_end() {
    demo::ends_quietly_without_a_reader(DEMO);
}

#[test]
fn a_signal_at_any_step_leaves_nothing_behind() {
    demo::is_stopped_at_any_step(DEMO);
}

#[test]
fn lines_fit_the_terminal_and_colour_is_for_terminals() {
    demo::fits_its_terminal(DEMO);
}

#[test]
fn a_signal_at_any_line_ends_all_that_belongs_to_it() {
    demo::is_stopped_at_any_line(DEMO);
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_is_one_write() {
    demo::prints_a_line_a_write(DEMO);
}
