//! The toy pipe of the examples beside the kernel's: the same random calls,
//! the same answers, the same bytes.

use std::panic::resume_unwind;
use std::thread;

use harness::experiment::skipped;

use crate::tools::page;
use came::{Came, Counts};
use story::Story;

mod came;
/// The very file that the example shows.
#[path = "../../examples/toy_pipe/pipe.rs"]
mod model;
mod random;
mod story;

/// Each seed is a story of its own, on fresh pipes.
const SEEDS: usize = 1024;
const CALLS: usize = 1000;

/// Half of the seeds in each of two threads.
///
/// [AP-31] [AP-32] [AP-33] [AP-34] [AP-35] [AP-36] [AP-37] [FP-34]
#[test]
fn a_ring_of_pages_and_two_counts_answer_a_million_calls_as_the_kernel_does() {
    // Where pages are larger, fewer seeds move as many bytes.
    let seeds = SEEDS * 4096 / page();
    let half = |first| {
        let mut counts = Counts::default();
        let mut story = Story::new();
        for seed in (first..seeds).step_by(2) {
            story.tell(seed as u64, CALLS, &mut counts);
        }
        counts
    };
    let (one, other) = thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        (half(0), other.join().unwrap_or_else(|e| resume_unwind(e)))
    });
    let count = |came: Came| one[came as usize] + other[came as usize];
    let calls: usize = one.iter().chain(&other).sum();
    assert_eq!(calls, seeds * CALLS);
    if count(Came::OverTheQuota) > 0 {
        skipped("how often: this user has too many pipes for all to grow");
        return;
    }
    // No corner of the model was left out.
    for (came, least) in came::LEAST {
        println!("{came:?}: {} times", count(came));
        let enough = count(came) * SEEDS >= least * seeds;
        assert!(enough, "{came:?}: only {} times", count(came));
    }
}

/// What the README says of it.
#[test]
fn the_toy_pipe_is_at_most_sixty_lines_of_code() {
    let code = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with("//") && !line.starts_with("use ")
    };
    let text = include_str!("../../examples/toy_pipe/pipe.rs");
    let lines = text.lines().filter(code).count();
    assert!((40..=60).contains(&lines), "{lines} lines");
}
