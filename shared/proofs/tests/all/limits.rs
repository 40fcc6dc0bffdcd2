//! Too few descriptors, too little memory, no process more: each program
//! works, or says in one sentence what it could not do, and leaves nothing.
#![cfg(target_os = "linux")]

use std::path::Path;

use harness::experiment::becomes;
use harness::{Home, Outcome, Program, Session, Signal, get, is_root};
use nix::sys::signal::kill;
use shared::frame::DEFAULT_LIMIT;

use crate::hostile::{CLIENTS, SERVERS, as_an_ordinary_user, program};

const DEMOS: [&[&str]; 4] = [
    &["anonymous-pipe"],
    &["fork-pipe"],
    &["named-pipe-uni"],
    &["named-pipe-bidi"],
];

/// The program under a limit of its own: prlimit(1) sets it, and becomes the
/// program.
fn limited(limit: &str, words: &[&str]) -> Program {
    let path = Program::binary(words[0]).path();
    Program::new("prlimit").arg(limit).arg(path).args(&words[1..])
}

/// Whether it worked. If not, it said why, unless it never came to its main:
/// the dynamic linker and Rust's runtime have their own words for that.
fn worked(ended: Outcome, errno: &str) -> bool {
    let status = ended.shell_status();
    let nothing_shown = ended.stdout.is_empty();
    let abort = 128 + Signal::SIGABRT as i32;
    match status {
        0 => drop(ended.well()),
        127 if nothing_shown => {}
        _ if status == abort && nothing_shown && errno != "EMFILE" => {}
        _ => drop(ended.refused(1, &[errno])),
    }
    status == 0
}

/// A server under a limit, and clients without one until it has ended. The
/// first leaves without an end, so that the server has to open its FIFO anew.
fn serves(words: &[&str], limit: &str, home: &Home, line: &str) -> Outcome {
    let server = limited(limit, words).in_home_of(home).starts();
    let client = [&[words[0], "client"], &words[2..]].concat();
    let gone = || kill(server.process(), None).is_err();
    let well = |program: Program| {
        let ended = program.in_home_of(home).run();
        assert!(ended.stderr.lines().count() <= 1, "{ended:?}");
        ended.shell_status() == 0
    };
    if words[0] == "named-pipe-uni" {
        let typed = || program(&client).arg("--stdin").input(line);
        assert!(becomes(|| gone() || well(typed())), "a client comes");
    }
    assert!(becomes(|| gone() || well(program(&client))), "a client comes");
    server.ends()
}

/// A client under a limit, and a server without one.
fn calls(words: &[&str], limit: &str, home: &Home) -> Outcome {
    let server = [&[words[0], "server"], &words[2..]].concat();
    let mut server: Session = program(&server).in_home_of(home).starts();
    server.shows("I wait ", 1);
    let waits = || shared::observe::hang::is_stuck(server.process());
    assert!(!words.contains(&"--two-fifos") || waits());
    let ended = limited(limit, words).in_home_of(home).run();
    // Without its client it may wait for ever, or say what it misses.
    server.send(Signal::SIGTERM);
    let beside = server.ends();
    assert!(beside.stderr.lines().count() <= 1, "{beside:?}");
    ended
}

fn run(words: &[&str], limit: &str) -> Outcome {
    let home = Home::fresh();
    let ended = match words.get(1) {
        None => limited(limit, words).in_home_of(&home).run(),
        Some(&"server") => serves(words, limit, &home, "a line\n"),
        Some(_) => calls(words, limit, &home),
    };
    assert!(is_empty(home.path()), "{words:?} left something: {ended:?}");
    ended
}

fn is_empty(place: &Path) -> bool {
    std::fs::read_dir(place).is_ok_and(|mut all| all.next().is_none())
}

#[test]
fn without_a_free_descriptor_a_program_names_the_call_and_emfile() {
    // 0, 1, 2, and one that the dynamic linker has to have.
    for words in DEMOS.iter().chain(&SERVERS) {
        assert!(!worked(run(words, "--nofile=4"), "EMFILE"), "{words:?}");
    }
}

/// A process more than this user may have.
#[test]
fn without_a_free_process_a_demo_names_the_call_and_eagain() {
    for (demo, call) in [
        ("fork-pipe", "fork: "),
        ("named-pipe-uni", "run ls: "),
        ("named-pipe-bidi", "start a peer: "),
    ] {
        let home = Home::fresh();
        let tmpdir = format!("TMPDIR={}", home.path().display());
        if is_root() {
            let nobody = Some(65534);
            let given = std::os::unix::fs::chown(home.path(), nobody, nobody);
            get(given, "chown");
        }
        let limits = ["env", &tmpdir, "prlimit", "--nproc=1"];
        let Some(demo) = as_an_ordinary_user(&limits, &[demo]) else { return };
        let _ = demo.run().refused(1, &[call, "EAGAIN"]);
        assert!(is_empty(home.path()));
    }
}

/// How long a message is, others decide. Rust aborts where a Vec cannot grow,
/// and an abort runs no destructors.
#[test]
fn a_message_for_which_there_is_no_memory_is_told_and_leaves_no_fifo() {
    let home = Home::fresh();
    // What a server takes until it waits, and not a page more.
    let mut server = program(SERVERS[0]).in_home_of(&home).starts();
    server.shows("I wait ", 1);
    let status = format!("/proc/{}/status", server.process());
    let status = get(std::fs::read_to_string(&status), status);
    let peak = status.lines().find_map(|l| l.strip_prefix("VmPeak:"));
    let peak = peak.and_then(|l| l.trim().strip_suffix(" kB"));
    let peak: u64 = get(peak.unwrap_or_default().parse(), "VmPeak");
    server.send(Signal::SIGTERM);
    let _ = server.ends();

    let limit = format!("--as={}", peak * 1024);
    let long = "x".repeat(DEFAULT_LIMIT) + "\n";
    let ended = serves(SERVERS[0], &limit, &home, &long);
    let _ = ended.refused(1, &["recv: ", "out of memory"]);
    assert!(is_empty(home.path()));
}

/// Every number of descriptors from none that is free to more than enough.
#[test]
#[ignore = "takes seconds: a step of .ci/run"]
fn with_any_number_of_descriptors_a_program_works_or_says_emfile() {
    for words in DEMOS.iter().chain(&SERVERS).chain(&CLIENTS) {
        let works =
            |n: u32| worked(run(words, &format!("--nofile={n}")), "EMFILE");
        let all: Vec<_> = (3..=20).map(|n| (n, works(n))).collect();
        let enough = all.iter().find(|(_, works)| *works);
        let enough = enough.map_or(u32::MAX, |(n, _)| *n);
        println!("{}: works with {enough} descriptors", words.join(" "));
        for (n, works) in all {
            assert_eq!(works, n >= enough, "{words:?} with {n}");
        }
    }
}

/// From none to enough, and each page before that: the linker, Rust's runtime
/// and the program have a sentence each, and nothing is left.
#[test]
#[ignore = "takes seconds: a step of .ci/run"]
fn with_any_amount_of_memory_a_program_works_or_says_so() {
    const PAGE: u64 = 4096;
    for words in DEMOS.iter().chain(&SERVERS).chain(&CLIENTS) {
        let works = |pages: u64| {
            worked(run(words, &format!("--as={}", pages * PAGE)), "emory")
        };
        // 64 MiB.
        let (mut less, mut enough) = (0, 1 << 14);
        assert!(works(enough), "{words:?}");
        while less + 1 < enough {
            let middle = u64::midpoint(less, enough);
            *(if works(middle) { &mut enough } else { &mut less }) = middle;
        }
        let kib = enough * PAGE / 1024;
        println!("{}: works in {kib} KiB", words.join(" "));
        for pages in enough.saturating_sub(64)..enough {
            let _ = works(pages);
        }
    }
}
