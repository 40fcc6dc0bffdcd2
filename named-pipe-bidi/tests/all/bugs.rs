//! Each classic bug really bites, and its fix really mends it.

use harness::Program;

const STUCK: &str = "It is stuck.";

/// What one half of an example prints. It checks each line of it.
fn half(example: &str, half: &str) -> String {
    Program::example(example).arg(half).run().well().stdout
}

fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
}

fn has_not(text: &str, words: &[&str]) {
    for word in words {
        assert!(!text.contains(word), "{word:?} in:\n{text}");
    }
}

/// Jobs that arrived whole, and those that nobody sent, at either worker.
fn arrived(text: &str) -> Vec<[usize; 2]> {
    let rows = text.lines().filter(|line| line.contains("that nobody sent"));
    let counts = |row: &str| {
        let mut words = row.split_whitespace().flat_map(str::parse);
        [words.next().unwrap_or(999), words.next().unwrap_or(999)]
    };
    rows.map(counts).collect()
}

/// [NU-53] [SH-20] Each byte goes to one reader, and no stream of frames
/// heals.
#[test]
fn two_readers_of_one_stream_are_both_out_of_step() {
    let broken = half("stolen_frames", "broken");
    let [left, right] = arrived(&broken)[..] else { panic!("{broken}") };
    assert!(left[0] + right[0] < 20, "{broken}");
    assert!(left[1] + right[1] > 0, "{broken}");
    let refused = broken.matches(" bytes is over the limit of ").count();
    assert_eq!(refused, 2, "{broken}");
    let mended = half("stolen_frames", "mended");
    assert_eq!(arrived(&mended), [[10, 0], [10, 0]], "{mended}");
    assert_eq!(mended.matches("the end of file").count(), 2, "{mended}");
    has_not(&mended, &["over the limit"]);
}

/// [NB-14] Each waits for the other to open, and both open the same side
/// first.
#[test]
fn two_fifos_opened_the_wrong_way_round_hang_both_sides() {
    let broken = half("open_order", "broken");
    assert_eq!(broken.matches(STUCK).count(), 2, "{broken}");
    if cfg!(target_os = "linux") {
        let slept = broken.matches(" sleeps in open").count();
        assert_eq!(slept, 2, "{broken}");
    }
    let mended = half("open_order", "mended");
    has(&mended, &["A ping went there, a pong came back, and both left."]);
    has_not(&mended, &[STUCK]);
}

/// Both halves in one run: the same lines each time, and not too many.
#[test]
fn every_bug_tells_the_same_story_twice() {
    for bug in ["stolen_frames", "open_order"] {
        harness::demo::shows_a_bug_beside_its_fix(bug);
    }
}

/// [NB-14] Seen from outside: both sleep in open, and a third process that
/// opens one of the sides they wait for frees both.
#[cfg(target_os = "linux")]
#[test]
fn the_first_side_that_anybody_opens_frees_both() {
    use harness::experiment::becomes;
    use harness::get;
    use named_pipe_uni::fifo;
    use nix::fcntl::OFlag;
    use shared::observe::{hang, proc};

    let program = Program::example("open_order").arg("--hang");
    let temporary = program.temporary().to_path_buf();
    let running = program.start();
    let children = || hang::children(running.process());
    assert!(becomes(|| children().len() == 2), "no two children");
    let pair = children();
    for child in &pair {
        assert!(hang::is_stuck(*child), "{:?}", proc::doing(child.as_raw()));
        has(&hang::explain(*child, &[]).to_string(), &[" sleeps in open"]);
    }
    let home = get(std::fs::read_dir(&temporary), "the home").flatten().next();
    let back = home.map(|home| home.path().join("back")).unwrap_or_default();
    let how = OFlag::O_WRONLY | OFlag::O_NONBLOCK;
    let _writer = get(fifo::open(&back, how), "open");
    let runs = |child: &nix::unistd::Pid| {
        proc::doing(child.as_raw()).is_some_and(|doing| doing.state != 'Z')
    };
    assert!(becomes(|| !pair.iter().any(runs)), "{pair:?}");
}
