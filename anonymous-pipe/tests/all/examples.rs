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

/// [AP-14] [AP-15] Both are two open file descriptions on one thing. A file's
/// have positions, and its bytes stay.
#[test]
fn a_pipe_is_not_a_file_opened_twice() {
    let shown = Program::example("file_or_pipe").run().well().stdout;
    for line in ["offset 12", "size 12 bytes", "and again", "= ESPIPE"] {
        assert!(shown.contains(line), "no {line:?} in {shown}");
    }
    for side in ["read end", "write end"] {
        let drawn = shown.lines().filter(|line| line.contains(side));
        assert_eq!(drawn.count(), 1, "{shown}");
    }
}
