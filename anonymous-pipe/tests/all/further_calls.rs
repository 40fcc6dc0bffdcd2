//! What the examples of Linux's further calls show.
#![cfg(target_os = "linux")]

use harness::{Program, demo};

const EXAMPLES: [&str; 3] = ["tee_and_splice", "zero_copy", "pass_a_pipe"];

fn shown(example: &str) -> String {
    Program::example(example).run().well().stdout
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
}

/// [AP-11] [AP-46] It takes nothing: so two of them repeat, unless splice
/// moves on what was copied.
#[test]
fn tee_duplicates_and_never_moves_on() {
    let shown = shown("tee_and_splice");
    has(&shown, &["duplicated, and not taken", "\"abcabc\""]);
    assert_eq!(shown.matches("\"abcdef\"").count(), 3, "{shown}");
}

/// [AP-10] [AP-44] [AP-45]
#[test]
fn splice_skips_moves_refuses_and_brings_sigpipe() {
    let shown = shown("tee_and_splice");
    has(&shown, &["(pipe, /dev/null, 9) = 9", "\"keep me\""]);
    assert_eq!(shown.matches(" = EINVAL").count(), 3, "{shown}");
    has(&shown, &["= ESPIPE", "\"bytes\"", "= EPIPE", "= SIGPIPE"]);
}

/// [AP-47] The reader gets what the buffer holds when it reads; with write,
/// what it held when it was written. A tee passes even that on.
#[test]
fn vmsplice_lends_a_buffer_and_write_copies_it() {
    let shown = shown("zero_copy");
    let read = |line: &&str| line.trim_start().starts_with("read(");
    let arrived = shown.lines().filter(read);
    let arrived: Vec<_> =
        arrived.filter_map(|line| line.split('"').nth(1)).collect();
    let [copied, lent] = ["message 1", "password!"];
    assert_eq!(arrived, [copied, lent, "message 3", "message 3", lent]);
    has(&shown, &["back? Not yet.", "back? Yes."]);
}

/// [AP-26] [AP-27] By a descriptor that is sent, and by a name in /proc, for
/// which the kernel asks who may trace whom.
#[test]
fn a_stranger_gets_into_a_pipe_and_can_be_kept_out_of_proc() {
    const CAP_SYS_PTRACE: u32 = 19;
    let shown = shown("pass_a_pipe");
    has(&shown, &["= 6  \"secret\"", "is 4 nonblocking? yes"]);
    let (found, kept_out) = shown.split_once("\n3  ").unwrap_or_default();
    if !found.contains("\"forged\", by way of a read end's name") {
        harness::experiment::skipped("this /proc lets nobody in");
        has(found, &["open = E", "It stays out: E"]);
    }
    if harness::experiment::may(CAP_SYS_PTRACE) {
        harness::experiment::skipped("who has CAP_SYS_PTRACE is not kept out");
    } else {
        // The latter two where /proc is mounted with hidepid=1 or 2.
        let whys = ["EACCES, the kernel forbids", "EPERM, the", "ENOENT.\n"];
        let whys = whys.map(|why| format!("It stays out: {why}"));
        assert!(whys.iter().any(|why| kept_out.contains(why)), "{kept_out}");
    }
}

/// As on a system that has no such names, with all that the program itself
/// needs of /proc.
#[test]
fn where_there_is_no_such_name_nothing_is_forbidden() {
    let path = harness::quoted(Program::example("pass_a_pipe").path());
    let script = format!(
        "mount -t tmpfs none /proc && mkdir /proc/self && \
         ln -s {path} /proc/self/exe && echo mounted && exec {path}"
    );
    let apart = ["-r", "-m", "sh", "-c", &script];
    let told = Program::new("unshare").args(&apart).run();
    if told.stdout.is_empty() {
        harness::experiment::skipped("this user cannot take /proc away");
        return;
    }
    let shown = told.well().stdout;
    has(&shown, &["open = ENOENT", "It stays out: ENOENT.\n"]);
    assert!(!shown.contains("forbids"), "{shown}");
}

/// Its input is no socket if nobody has started it as the story does.
#[test]
fn the_stranger_alone_says_what_is_missing() {
    let alone = Program::example("pass_a_pipe").arg("stranger").run();
    let _ = alone.refused(1, &["recvmsg: ENOTSOCK"]);
}

#[test]
fn each_of_them_has_manners_and_fits_its_terminal() {
    for example in EXAMPLES {
        let path = Program::example(example).path();
        demo::answers_its_command_line(&path, example);
        demo::needs_a_terminal_for_step(&path);
        demo::ends_quietly_without_a_reader(&path);
        demo::fits_its_terminal(&path);
        demo::steps_on_a_terminal(&path);
    }
}

/// The one that has a child.
#[test]
fn a_signal_ends_the_stranger_with_the_story() {
    demo::is_stopped_at_any_line(&Program::example("pass_a_pipe").path());
}
