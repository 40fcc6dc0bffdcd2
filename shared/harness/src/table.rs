//! The examples that print tables, measured on the machine that they run on.

use crate::{Program, Signal, demo, transcript};

/// The rows of the tables in a transcript, heads included, with one bar
/// between two cells: `O_RDONLY | nobody | waits [open] | opens`.
#[must_use]
pub fn rows(printed: &str) -> Vec<String> {
    let inside = printed.lines().filter(|line| line.starts_with("   "));
    let cells = inside.map(|line| {
        let cells = line.split("  ").map(str::trim);
        cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
    });
    let rows = cells.filter(|row| row.len() > 1 && !row[0].starts_with('─'));
    rows.map(|row| row.join(" | ")).collect()
}

/// Such an example prints the same twice, fits 60 columns whether it is asked
/// to or not, and has the manners of a demo.
///
/// # Panics
///
/// If not.
pub fn has_manners(example: &str) {
    let path = Program::example(example).path();
    let told = [(); 2].map(|()| Program::new(&path));
    let told = Program::run_all(told).map(|ended| ended.well().stdout);
    let [told, again] = told.map(|told| transcript::sample(&told));
    assert_eq!(told, again);
    let rows = rows(&told);
    assert!(rows.len() > 4, "{rows:?}");
    for line in told.lines().filter(|line| line.contains("  ")) {
        assert!(line.chars().count() <= 60, "wide: {line:?}");
    }
    demo::answers_its_command_line(&path, example);
    demo::needs_a_terminal_for_step(&path);
    demo::ends_quietly_without_a_reader(&path);
    demo::steps_on_a_terminal(&path);
    demo::fits_its_terminal(&path);
    // In the middle of a table, with a child that may wait: nothing is left.
    let stopped = Program::new(&path).run_until(5, Signal::SIGTERM);
    assert_eq!(stopped.shell_status(), 143, "{stopped:?}");
}
