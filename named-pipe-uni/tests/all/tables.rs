//! The table that is measured on the reader's machine.

use harness::table;

/// [NU-11] [NU-12] [NU-16] [NB-01] These cells are the same on every Linux.
#[cfg(target_os = "linux")]
#[test]
fn an_open_waits_for_the_side_that_is_missing() {
    let told = harness::Program::example("open_matrix").run().well().stdout;
    let expected = [
        "open for | there is | blocking | O_NONBLOCK",
        "O_RDONLY | nobody | waits [open] | opens",
        "O_RDONLY | a reader | waits [open] | opens",
        "O_RDONLY | a writer | opens | opens",
        "O_WRONLY | nobody | waits [open] | ENXIO",
        "O_WRONLY | a reader | opens | opens",
        "O_WRONLY | a writer | waits [open] | ENXIO",
        "O_RDWR | nobody | opens | opens",
        "O_RDWR | a reader | opens | opens",
        "O_RDWR | a writer | opens | opens",
    ];
    assert_eq!(table::rows(&told), expected, "{told}");
}

#[test]
fn the_table_has_the_manners_of_a_demo() {
    table::has_manners("open_matrix");
}
