//! What the examples show.

use harness::Program;

/// [NB-11] Who gets a message is a race. That every message is taken once, or
/// still there, is not.
#[test]
fn in_a_free_race_only_the_sums_are_certain() {
    let runs = [(); 3].map(|()| Program::example("free_race"));
    for ended in Program::run_all(runs) {
        let shown = ended.well().stdout;
        let count = |what: &str| -> usize {
            let line = shown.lines().find(|line| line.contains(what));
            let mut words = line.unwrap_or_default().split_whitespace();
            words.find_map(|word| word.parse().ok()).unwrap_or(999)
        };
        let (mine, its) = ("that I took back", "that the client took back");
        let taken = count(mine) + count(its);
        let arrived = count("that the client got") + count("that I got");
        let sent = count(" sent, ");
        assert!(taken + arrived <= sent && sent <= 200, "{shown}");
        assert_eq!(count("never finished"), 100 - count("that I got"));
    }
}
