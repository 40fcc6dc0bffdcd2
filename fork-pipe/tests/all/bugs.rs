//! Each classic bug really bites, and its fix really mends it.

use harness::Program;

/// What one half of an example prints.
fn half(example: &str, half: &str) -> String {
    Program::example(example).arg(half).run().well().stdout
}

/// What the kernel is asked only on Linux.
fn says(text: &str, on_linux: &str) {
    if cfg!(target_os = "linux") {
        assert!(text.contains(on_linux), "no {on_linux:?} in:\n{text}");
    }
}

const STUCK: &str = "It is stuck.";

/// [FP-07]
#[test]
fn a_reader_that_keeps_a_write_end_waits_for_itself() {
    let broken = half("forgotten_close", "broken");
    assert!(broken.contains(STUCK), "{broken}");
    says(&broken, "<- itself");
    says(&broken, "it holds");
    let mended = half("forgotten_close", "mended");
    assert!(mended.contains("then the end of file") && !mended.contains(STUCK));
}

/// [FP-10] [FP-12]
#[test]
fn a_write_end_that_leaks_into_a_sibling_delays_the_end_of_file() {
    let broken = half("leaked_end", "broken");
    assert!(broken.contains(STUCK), "{broken}");
    says(&broken, "It waits for sibling");
    assert!(broken.contains("Its output has not"), "{broken}");
    says(&broken, "write end: sleep 1");
    let mended = half("leaked_end", "mended");
    assert!(!mended.contains(STUCK), "{mended}");
    assert!(mended.contains("The output ended with its command."));
}

/// [FP-28] [FP-09]
#[test]
fn one_byte_more_than_a_pipe_holds_needs_a_reader() {
    let broken = half("nobody_drains", "broken");
    assert_eq!(broken.matches(STUCK).count(), 3, "{broken}");
    says(&broken, "It waits for parent");
    says(&broken, "It waits for right");
    says(&broken, "It waits for left");
    let mended = half("nobody_drains", "mended");
    assert!(mended.contains("and the child ended."), "{mended}");
    assert!(mended.contains("went each way"), "{mended}");
}

/// [FP-27]
#[test]
fn a_buffer_that_is_full_at_fork_is_written_twice_or_never() {
    let broken = half("double_print", "broken");
    assert!(broken.contains("\"once once \""), "{broken}");
    assert!(!broken.contains("from the child"), "{broken}");
    let mended = half("double_print", "mended");
    assert!(!mended.contains("once once"), "{mended}");
    assert!(mended.contains("\"once from the child \""), "{mended}");
}

/// [FP-29] [FP-30] [FP-31] [SH-13] [SH-14] That long messages tear is a race,
/// and many of them through one page make it certain in practice; that short
/// ones do not is a promise.
#[test]
fn writes_up_to_pipe_buf_never_tear() {
    let torn = |text: &str| -> Vec<usize> {
        let rows = text.lines().filter(|line| line.contains("bytes, torn:"));
        let last = |row: &str| row.rsplit(' ').next()?.parse().ok();
        rows.filter_map(last).collect()
    };
    let mended = half("torn_messages", "mended");
    assert_eq!(torn(&mended), [0, 0, 0], "{mended}");
    let broken = half("torn_messages", "broken");
    assert_eq!(torn(&broken).len(), 5, "{broken}");
    if cfg!(target_os = "linux") {
        assert!(torn(&broken).iter().sum::<usize>() > 0, "{broken}");
    }
}

/// A hang is there to be looked at as long as it is wanted, and Ctrl-C ends
/// it with everything that belongs to it.
#[test]
fn with_hang_an_example_hangs_until_ctrl_c() {
    for example in ["forgotten_close", "leaked_end", "nobody_drains"] {
        let path = Program::example(example).path();
        let mut terminal = harness::Terminal::start(&path, &["--hang"], 80);
        terminal.shows("who_holds -- ", 1);
        terminal.types("\x03");
        let (shown, status) = terminal.ends();
        assert_eq!(status, 130, "{shown}");
    }
}

/// `torn_messages` shows a race, and so other numbers each time.
#[test]
fn every_bug_but_a_race_tells_the_same_story_twice() {
    for bug in
        ["forgotten_close", "leaked_end", "nobody_drains", "double_print"]
    {
        harness::demo::shows_a_bug_beside_its_fix(bug);
    }
}
