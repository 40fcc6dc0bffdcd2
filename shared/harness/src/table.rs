//! The examples that print tables, measured on the machine that they run on.

use std::thread;

use crate::{Program, Signal, demo};

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

/// Such an example fits 60 columns without being asked to, leaves nothing
/// behind, and has the manners of a demo.
///
/// # Panics
///
/// If not.
pub fn has_manners(example: &str) {
    let path = Program::example(example).path();
    let path = path.as_str();
    // All at once: most of the time such an example waits.
    thread::scope(|scope| {
        scope.spawn(|| {
            let told = Program::new(path).run().well().stdout;
            assert!(rows(&told).len() > 4, "{told}");
            let wide = |line: &&str| line.chars().count() > 60;
            assert_eq!(told.lines().find(wide), None);
        });
        // In the middle of a table, perhaps with a child that waits. A quick
        // one may have ended before.
        scope.spawn(|| {
            let stopped = Program::new(path).run_until(5, Signal::SIGTERM);
            assert!([0, 143].contains(&stopped.shell_status()), "{stopped:?}");
        });
        scope.spawn(|| demo::answers_its_command_line(path, example));
        scope.spawn(|| demo::needs_a_terminal_for_step(path));
        scope.spawn(|| demo::ends_quietly_without_a_reader(path));
        scope.spawn(|| demo::steps_on_a_terminal(path));
        scope.spawn(|| demo::fits_its_terminal(path));
    });
}
