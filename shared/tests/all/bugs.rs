//! Each classic bug really bites, and its fix really mends it.

use harness::transcript::{self, comparable};
use harness::{Program, demo};

const BUG: &str = "trusted_length";

/// What one half of the example prints.
#[cfg(target_os = "linux")]
fn half(half: &str) -> String {
    Program::example(BUG).arg(half).run().well().stdout
}

/// [SH-12] A length is a promise of a stranger's: memory that is taken for it
/// may not be there, and then the program is gone.
#[cfg(target_os = "linux")]
#[test]
fn a_length_that_is_believed_ends_the_program() {
    let broken = half("broken");
    assert!(broken.contains("4294967295 bytes failed"), "{broken}");
    assert!(broken.contains("SIGABRT"), "{broken}");
    let mended = half("mended");
    assert!(mended.contains("4294967295 bytes is over the limit"), "{mended}");
    assert!(mended.contains("exit status: 1"), "{mended}");
    assert!(!mended.contains("SIGABRT"), "{mended}");
}

/// The receivers of the example from outside, with 256 MiB as in the story:
/// honest senders are served by both, and what comes decides about the rest.
#[cfg(target_os = "linux")]
#[test]
fn a_receiver_with_a_limit_serves_all_whom_a_trusting_one_serves() {
    let receives = |word: &str, bytes: &[u8]| {
        let ended = Program::example(BUG).arg(word).input(bytes).run();
        assert_eq!(ended.stdout, "");
        (ended.shell_status(), ended.stderr)
    };
    for honest in [&b"\x04\0\0\0ping"[..], &[0; 4]] {
        for word in ["trusting", "limited"] {
            assert_eq!(receives(word, honest), (0, String::new()));
        }
    }
    // Just the limit, which is more than the address space has to spare
    // after 256 such promises; and one byte more.
    let allowed = (1_u32 << 20).to_le_bytes();
    let (status, said) = receives("limited", &allowed);
    assert!(status == 1 && said.contains("1048576 bytes too early"), "{said}");
    let refused = ((1_u32 << 20) + 1).to_le_bytes();
    let (status, said) = receives("limited", &refused);
    assert!(status == 1 && said.contains("over the limit"), "{said}");
    // SIGABRT is 6.
    assert_eq!(receives("trusting", &[0xff; 4]).0, 128 + 6);
}

/// Both halves in one run, in few lines, and the same in each run.
#[test]
fn without_a_word_the_bug_is_shown_beside_its_fix() {
    let run = || transcript::sample(&Program::example(BUG).run().well().stdout);
    let shown = run();
    assert_eq!(comparable(&shown), comparable(&run()));
    assert!(shown.lines().count() <= 30, "{shown}");
}

#[test]
fn the_bug_has_a_command_line_with_manners() {
    let path = Program::example(BUG).path();
    demo::answers_its_command_line(&path, BUG);
    demo::needs_a_terminal_for_step(&path);
    demo::ends_quietly_without_a_reader(&path);
}

#[cfg(target_os = "linux")]
#[test]
fn the_bug_can_be_shown_step_by_step_and_stopped() {
    let path = Program::example(BUG).path();
    demo::steps_on_a_terminal(&path);
    demo::fits_its_terminal(&path);
    demo::is_stopped_at_any_step(&path);
    demo::is_stopped_at_any_line(&path);
}
