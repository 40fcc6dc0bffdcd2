//! The exercises at the end of the lessons: what they promise is so. Who hangs
//! is asked of Linux.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use harness::transcript::workspace;
use harness::{Program, Running, get};
use nix::libc;
use shared::observe::hang;

use crate::broken;

/// The lessons that have exercises.
const LESSONS: [&str; 3] = ["anonymous-pipe", "named-pipe-uni", "shared"];

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

const BREAKS: [Break; 4] = [
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
    Break {
        file: "named-pipe-uni/src/signals.rs",
        label: "// BREAK 1",
        line: "fcntl(end, how).named(\"fcntl F_SETFL\")?;",
        call: libc::SYS_fcntl,
        words: &[3, libc::F_SETFL, libc::O_NONBLOCK],
        says: &["sleeps in read(3)", "itself, as descriptor 4."],
    },
    Break {
        file: "shared/examples/beyond_pipes.rs",
        label: "// BREAK 2",
        line: "drop(other);",
        call: libc::SYS_close,
        words: &[4],
        says: &["sleeps in read(3)", "itself, as descriptor 4."],
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
        let hang = BREAKS.map(|one| (one.file, one.label, one.line));
        let mut breaks = [&hang[..], &broken::LINES].concat();
        breaks.retain(|(file, ..)| file.starts_with(lesson));
        breaks.sort_by_key(|(_, label, _)| *label);
        assert_eq!((items.len(), breaks.len()), (2, 2), "{lesson}");
        for (item, (file, label, line)) in items.iter().zip(breaks) {
            let source = read(file);
            let below = file.trim_start_matches(lesson).trim_start_matches('/');
            let (link, code) = (format!("({below})"), format!("`{label}`"));
            assert!(item.contains(&code) && item.contains(&link), "{item}");
            assert_eq!(source.matches(label).count(), 1, "{file}");
            let labelled = format!("    {line} {label}\n");
            assert!(source.contains(&labelled), "{file}: {labelled}");
        }
    }
}

/// Without the line the program hangs, and `who_holds` says why. The call that
/// the line makes is taken away instead of the line.
#[test]
fn without_the_labelled_line_the_lesson_hangs_and_who_holds_says_why() {
    for one in BREAKS {
        let broken = start(&one);
        assert!(hang::is_stuck(broken.process()), "{}", one.label);
        let who =
            Program::binary("who_holds").arg(broken.process().to_string());
        let said = who.run().well().stdout;
        for words in one.says {
            assert!(said.contains(words), "no {words:?} in {said}");
        }
    }
}

/// Runs it as a reader does, without the line.
fn start(one: &Break) -> Running {
    let without = |program: Program| program.without(one.call, one.words);
    if one.file.starts_with("named-pipe-uni") {
        let server = Program::binary("named-pipe-uni").arg("server");
        let client = Program::binary("named-pipe-uni").in_home_of(&server);
        let server = without(server).start();
        let _ = client.args(&["client", "--wait"]).run().well();
        return server;
    }
    let (lesson, path) = one.file.split_once('/').unwrap_or_default();
    let name = Path::new(path).file_stem().unwrap_or_default();
    let example = path.starts_with("examples/");
    let program = if example {
        Program::example(&name.to_string_lossy())
    } else {
        Program::binary(lesson)
    };
    without(program).start()
}

/// What is to build: a starter, a solution, and the command that checks it.
#[test]
fn one_is_to_build_and_its_starter_is_not_the_solution() {
    for lesson in LESSONS {
        let section = exercises(lesson);
        let build = section.split("\n### Build\n").nth(1).unwrap_or_default();
        if lesson == "shared" {
            // Its frames are what the first lesson builds upon.
            assert!(build.contains("(../anonymous-pipe/README.md#build)"));
            continue;
        }
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
