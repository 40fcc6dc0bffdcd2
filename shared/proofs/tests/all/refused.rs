//! Where the system does not tell, the programs say so, and go on.
#![cfg(target_os = "linux")]

use harness::{Home, Outcome, Program, is_root};
use nix::errno::Errno;
use nix::libc;

use crate::hostile::{CLIENTS, SERVERS};

/// Runs a program in a place of its own where /proc is not mounted; none if
/// this user cannot make one.
fn without_proc(program: &Program, words: &str) -> Option<Outcome> {
    Some(beyond_proc(program, words)?.run())
}

/// The same, about to run.
fn beyond_proc(program: &Program, words: &str) -> Option<Program> {
    // One may be mounted over another.
    let gone = "while umount -l /proc 2>/dev/null; do :; done; \
                [ ! -e /proc/self ]";
    let script = format!("{gone} && echo gone");
    let args = ["-m", "sh", "-c", &script];
    if !is_root() || Program::new("unshare").args(&args).run().stdout.is_empty()
    {
        println!("skipped: only root can take /proc away");
        return None;
    }
    let path = harness::quoted(program.path());
    let script = format!("{gone} && exec {path} {words}");
    let args = ["-m", "sh", "-c", &script];
    Some(Program::new("unshare").args(&args))
}

#[test]
fn without_proc_a_picture_shows_what_is_known_and_says_what_is_not() {
    let alone = without_proc(&Program::binary("anonymous-pipe"), "");
    let Some(alone) = alone.map(Outcome::well) else { return };
    assert!(alone.stdout.contains("▶ read end"), "{}", alone.stdout);
    assert!(!alone.stdout.contains("unknown"), "{}", alone.stdout);

    let forked = without_proc(&Program::binary("fork-pipe"), "");
    let Some(forked) = forked.map(Outcome::well) else { return };
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
    let _ = told.refused(1, &["there is no /proc of this PID namespace"]);
}

/// There a process has another number: who asks about its own 1 would be told
/// of the system's first process.
#[test]
fn a_proc_of_another_pid_namespace_counts_as_none() {
    let (demo, tool) = ("fork-pipe", "who_holds");
    let [demo, tool] = [demo, tool].map(|name| Program::binary(name).path());
    let apart = |words: &[&str]| {
        let unshare = ["--pid", "--fork", "--kill-child"];
        Program::new("unshare").args(&unshare).args(words)
    };
    if !is_root() || !apart(&["true"]).run().stderr.is_empty() {
        println!("skipped: only root can make a PID namespace");
        return;
    }
    let told = apart(&[&demo]).run().well().stdout;
    assert!(told.contains("what child holds: unknown"), "{told}");
    let told = apart(&[&tool, "1"]).run();
    let _ = told.refused(1, &["there is no /proc of this PID namespace"]);
}

/// A demo with two programs starts itself once more, and asks /proc for its
/// own path. Two terminals need no /proc: there users start both sides.
#[test]
fn without_proc_server_and_client_work_and_their_demo_says_what_it_misses() {
    for demo in ["named-pipe-uni", "named-pipe-bidi"] {
        let told = without_proc(&Program::binary(demo), "");
        let Some(told) = told else { return };
        let _ = told.refused(1, &["readlink of this program: ", "/proc"]);
    }
    for (server, client) in SERVERS.iter().zip(&CLIENTS) {
        let home = Home::fresh();
        let start = |words: &[&str]| {
            let program = Program::binary(words[0]);
            let program = beyond_proc(&program, &words[1..].join(" "))?;
            Some(program.in_home_of(&home))
        };
        let Some(server) = start(server) else { return };
        let mut server = server.starts();
        server.shows("I wait ", 1);
        assert!(shared::observe::hang::is_stuck(server.process()));
        let Some(client) = start(client) else { return };
        let _ = client.run().well();
        let _ = server.ends().well();
    }
}

/// A sandbox may forbid kcmp(2). What is told by it alone is "unknown" then,
/// and the story goes on.
#[test]
fn without_kcmp_each_demo_tells_its_story_to_the_end() {
    let demo = |name| {
        let demo = Program::binary(name);
        demo.refusing(libc::SYS_kcmp, &[], Errno::EPERM)
    };
    let demos =
        ["anonymous-pipe", "fork-pipe", "named-pipe-uni", "named-pipe-bidi"];
    let told = Program::run_all(demos.map(demo)).map(Outcome::well);
    let same = "the same open file description: unknown";
    assert!(told[0].stdout.contains(same), "{}", told[0].stdout);
}
