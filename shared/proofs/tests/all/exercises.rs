//! The exercises at the end of the lessons: what they promise is so. Who hangs
//! is asked of Linux.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use harness::transcript::workspace;
use harness::{Program, get};
use nix::libc;
use shared::observe::hang;

/// The lessons that have exercises.
const LESSONS: [&str; 1] = ["anonymous-pipe"];

/// A line to delete: where it stands, its label, and the line. Then what the
/// kernel does not get to see without it, and what `who_holds` says, whether
/// or not it may look at all other processes.
struct Break {
    file: &'static str,
    label: &'static str,
    line: &'static str,
    call: libc::c_long,
    words: &'static [libc::c_int],
    says: &'static [&'static str],
}

const BREAKS: [Break; 2] = [
    Break {
        file: "anonymous-pipe/src/main.rs",
        label: "// BREAK 1",
        line: "set_flags(&read_end, OFlag::O_NONBLOCK)?;",
        call: libc::SYS_fcntl,
        words: &[3, libc::F_SETFL, libc::O_NONBLOCK],
        says: &[
            "sleeps in read(3)",
            "read end, 0 of ",
            "end of file",
            "itself, as descriptor 4.",
        ],
    },
    Break {
        file: "anonymous-pipe/src/main.rs",
        label: "// BREAK 2",
        line: "set_flags(&writer, OFlag::O_NONBLOCK)?;",
        call: libc::SYS_fcntl,
        words: &[4, libc::F_SETFL, libc::O_NONBLOCK],
        says: &["sleeps in write(4)", "EPIPE", "itself, as descriptor 3."],
    },
];

fn read(path: impl AsRef<Path>) -> String {
    let path = workspace().join(path);
    get(fs::read_to_string(&path), path.display())
}

/// The section of a lesson, up to the next one.
fn exercises(lesson: &str) -> String {
    let text = read(format!("{lesson}/README.md"));
    let section = text.split("\n## Exercises\n").nth(1).unwrap_or_default();
    section.split("\n## ").next().unwrap_or_default().to_string()
}

/// The numbered items of one part of the section.
fn items(lesson: &str, part: &str) -> Vec<String> {
    let section = exercises(lesson);
    let title = format!("\n### {part}\n");
    let text = section.split(&title).nth(1).unwrap_or_default();
    let text = text.split("\n### ").next().unwrap_or_default();
    let number = |at: usize| format!("\n{at}. ");
    let mut rest = text;
    let mut items = Vec::new();
    while let Some((_, behind)) = rest.split_once(&number(items.len() + 1)) {
        let next = number(items.len() + 2);
        items.push(behind.split(&next).next().unwrap_or(behind).to_string());
        rest = behind;
    }
    items
}

/// The commands are run by `every_cargo_command_that_is_mentioned_runs`.
#[test]
fn three_are_to_predict_and_the_question_comes_before_its_command() {
    for lesson in LESSONS {
        let items = items(lesson, "Predict");
        assert_eq!(items.len(), 3, "{lesson}");
        for item in items {
            let question = item.split_once("`cargo run ");
            let (question, command) = question.unwrap_or_default();
            assert!(question.contains('?'), "{lesson}: {item}");
            assert_eq!(command.matches('`').count(), 1, "{lesson}: {item}");
        }
    }
}

/// Each label stands once, at the line that is taken away below.
#[test]
fn two_are_to_break_at_lines_that_are_labelled() {
    for lesson in LESSONS {
        let items = items(lesson, "Break");
        let of_lesson = |one: &&Break| one.file.starts_with(lesson);
        let breaks: Vec<_> = BREAKS.iter().filter(of_lesson).collect();
        assert_eq!((items.len(), breaks.len()), (2, 2), "{lesson}");
        for (item, one) in items.iter().zip(breaks) {
            let file = one.file.trim_start_matches(lesson);
            let file = format!("({})", file.trim_start_matches('/'));
            let label = format!("`{}`", one.label);
            assert!(item.contains(&label) && item.contains(&file), "{item}");
            let labelled = format!("    {} {}\n", one.line, one.label);
            let source = read(one.file);
            assert_eq!(source.matches(one.label).count(), 1, "{}", one.file);
            assert!(source.contains(&labelled), "{}: {labelled}", one.file);
        }
    }
}

/// Without the line the program hangs, and `who_holds` says why. The call that
/// the line makes is taken away instead of the line.
#[test]
fn without_the_labelled_line_the_lesson_hangs_and_who_holds_says_why() {
    for one in BREAKS {
        let lesson = one.file.split('/').next().unwrap_or_default();
        let broken = Program::binary(lesson).without(one.call, one.words);
        let broken = broken.start();
        assert!(hang::is_stuck(broken.process()), "{}", one.label);
        let who =
            Program::binary("who_holds").arg(broken.process().to_string());
        let said = who.run().well().stdout;
        for words in one.says {
            assert!(said.contains(words), "no {words:?} in {said}");
        }
    }
}

/// What is to build: a starter, a solution, and the command that checks it.
#[test]
fn one_is_to_build_and_its_starter_is_not_the_solution() {
    for lesson in LESSONS {
        let section = exercises(lesson);
        let build = section.split("\n### Build\n").nth(1).unwrap_or_default();
        let command = format!("`cargo test -p {lesson} --test exercise`");
        assert!(build.contains(&command), "{lesson}: no {command}");
        let folder = workspace().join(lesson).join("exercises");
        let names: BTreeSet<_> = get(fs::read_dir(&folder), folder.display())
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names.len(), 1, "{lesson}: {names:?}");
        for name in names {
            let name = format!("exercises/{name}");
            assert!(build.contains(&format!("({name}/starter.rs)")), "{name}");
            let file = |part| read(format!("{lesson}/{name}/{part}.rs"));
            let lines = file("starter").lines().count();
            assert!((40..=100).contains(&lines), "{name}: {lines} lines");
            assert!(!file("solution").contains("// TODO"), "{name}");
        }
    }
}
