//! Where the system does not tell, the programs say so, and go on.
#![cfg(target_os = "linux")]

use harness::{Program, is_root};

/// Runs a program in a place of its own where /proc is not mounted; none if
/// this user cannot make one.
fn without_proc(program: &Program, words: &str) -> Option<harness::Outcome> {
    let script = "umount -l /proc && echo gone";
    let args = ["-m", "sh", "-c", script];
    if !is_root() || Program::new("unshare").args(&args).run().stdout.is_empty()
    {
        println!("skipped: only root can take /proc away");
        return None;
    }
    let path = program.path();
    let script = format!("umount -l /proc && exec '{path}' {words}");
    let args = ["-m", "sh", "-c", &script];
    Some(Program::new("unshare").args(&args).run())
}

#[test]
fn without_proc_a_picture_shows_what_is_known_and_says_what_is_not() {
    let alone = without_proc(&Program::binary("anonymous-pipe"), "");
    let Some(alone) = alone.map(harness::Outcome::well) else { return };
    assert!(alone.stdout.contains("▶ read end"), "{}", alone.stdout);
    assert!(!alone.stdout.contains("unknown"), "{}", alone.stdout);

    let forked = without_proc(&Program::binary("fork-pipe"), "");
    let Some(forked) = forked.map(harness::Outcome::well) else { return };
    let unknown = "what child holds: unknown";
    assert!(forked.stdout.contains(unknown), "{}", forked.stdout);
}

#[test]
fn without_proc_a_hang_is_still_a_hang() {
    let program = Program::example("forgotten_close");
    let Some(told) = without_proc(&program, "") else { return };
    let told = told.well().stdout;
    assert!(told.contains("It is stuck."), "{told}");
    assert!(told.contains("or no /proc"), "{told}");
    assert!(told.contains("then the end of file"), "{told}");

    let Some(told) = without_proc(&Program::binary("who_holds"), "1") else {
        return;
    };
    let _ = told.refused(1, &["there is no /proc to ask"]);
}
