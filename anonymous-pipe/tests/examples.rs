//! What the examples show.

use harness::Program;

/// [AP-58] Whether a descriptor leaks into started programs is a flag of the
/// descriptor, and the four APIs do not agree on it.
#[test]
fn pipe_leaks_into_started_programs_and_os_pipe_and_std_do_not() {
    let shown = Program::example("four_apis").run().well().stdout;
    let line = |line: &&str| line.contains("FD_CLOEXEC");
    let last = |line: &str| line.rsplit(' ').next().map(str::to_string);
    let answers: Vec<_> = shown.lines().filter(line).filter_map(last).collect();
    assert_eq!(answers, ["no", "no", "yes", "yes"]);
    assert_eq!(shown.matches("\"Hello world!\"").count(), 4);
}
