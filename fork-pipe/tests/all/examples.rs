//! What the examples show.

use harness::{Program, quoted};
#[cfg(target_os = "linux")]
use nix::sys::signal::Signal;

const PIPELINES: [&str; 2] = ["shell_pipeline", "shell_pipeline_os_pipe"];

/// A folder in PATH that this user may not search turns "no such command"
/// into EACCES, so both get a PATH without one.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A shell's pipeline and ours, side by side: output and exit status.
#[test]
fn a_pipeline_answers_as_the_shell_answers() {
    let lines = [
        "printf 'one\\ntwo\\n' | tr a-z A-Z | wc -l",
        "echo hello | cat | cat | cat | cat",
        "true",
        "sh -c 'exit 3'",
        "false | true",
        "true | false",
        "sh -c 'kill -9 $$'",
        "sh -c 'kill -15 $$' | cat",
        "true | sh -c 'kill -34 $$'", // a real-time signal, on Linux
        "no-such-command",
        "no-such-command | echo still",
        "echo lost | no-such-command",
        "/",
        "cat | wc -c",
    ];
    for line in lines {
        let sh = |script: &str| {
            let shell = Program::new("/bin/sh").env("PATH", PATH);
            shell.args(&["-c", script]).input("in").run()
        };
        let shell = sh(line);
        for pipeline in PIPELINES {
            let program = Program::example(pipeline);
            // The shell splits the line for us, too: `|` arrives as a word.
            let path = quoted(program.path());
            let words = line.replace('|', "'|'");
            let script = format!("exec {path} {words}");
            let ours = sh(&script);
            assert_eq!(ours.stdout, shell.stdout, "{pipeline} {line}");
            let status = (ours.shell_status(), shell.shell_status());
            assert_eq!(status.0, status.1, "{pipeline} {line}");
        }
    }
}

/// [FP-25] [FP-26] `yes` ends at once, by SIGPIPE and without a word.
#[test]
fn a_writer_for_ever_ends_when_its_reader_leaves() {
    for pipeline in PIPELINES {
        let words = ["yes", "|", "head", "-n", "1"];
        let ended = Program::example(pipeline).args(&words).run().well();
        assert_eq!(ended.stdout, "y\n");
        // As the last command its own death shows.
        let dying = "yes | head -n 1 > /dev/null; echo ${PIPESTATUS[0]}";
        let words = ["bash", "-c", dying];
        let ended = Program::example(pipeline).args(&words).run().well();
        assert_eq!(ended.stdout, "141\n");
    }
}

/// More than a pipe holds goes through: nobody waits for a command to end
/// before the next one is there to read.
#[test]
fn a_megabyte_goes_through_five_pipes() {
    for pipeline in PIPELINES {
        let mut words = vec!["head", "-c", "1000000", "/dev/zero"];
        for _ in 0..4 {
            words.extend(["|", "cat"]);
        }
        words.extend(["|", "wc", "-c"]);
        let ended = Program::example(pipeline).args(&words).run().well();
        assert_eq!(ended.stdout.trim(), "1000000");
    }
}

#[test]
fn an_empty_command_is_refused() {
    for pipeline in PIPELINES {
        for words in [&[][..], &["|"], &["ls", "|"], &["|", "ls"]] {
            let refused = Program::example(pipeline).args(words).run();
            let _ = refused.refused(2, &["a command is missing"]);
        }
    }
}

/// [FP-25] exec resets handlers and keeps what is ignored: a program that is
/// started from here gets SIGINT and SIGPIPE as it expects them, even where
/// the shell had SIGINT ignored, as for a command that ends in `&`.
#[cfg(target_os = "linux")]
#[test]
fn a_started_program_ignores_no_signal_that_ends_it() {
    for pipeline in PIPELINES {
        let path = quoted(Program::example(pipeline).path());
        let script =
            format!("trap '' INT; exec {path} grep SigIgn /proc/self/status");
        let ended = Program::new("sh").args(&["-c", &script]).run().well();
        let mask = ended.stdout.trim_start_matches("SigIgn:").trim();
        let ignored = u64::from_str_radix(mask, 16);
        let bit = |signal: Signal| 1 << (signal as u32 - 1);
        let both = bit(Signal::SIGINT) | bit(Signal::SIGPIPE);
        assert!(ignored.is_ok_and(|mask| mask & both == 0), "{ended:?}");
    }
}

#[test]
fn one_call_says_what_it_takes() {
    for words in [&[][..], &["open"], &["write"], &["write", "much"]] {
        let refused = Program::example("one_call").args(words).run();
        let _ = refused.refused(2, &["usage: one_call read | write BYTES"]);
    }
}
