//! The exercises at the end of the lessons: what they promise is so. Who hangs
//! is asked of Linux.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use harness::experiment::becomes;
use harness::transcript::workspace;
use harness::{Program, Running, get};
use nix::libc;
use nix::unistd::Pid;
use shared::observe::hang;

use crate::broken;

/// The lessons, each with its exercises.
const LESSONS: [&str; 5] = [
    "anonymous-pipe",
    "fork-pipe",
    "named-pipe-bidi",
    "named-pipe-uni",
    "shared",
];

/// A line to delete: where it stands, its label, and the line. Then how it is
/// taken away, and what `who_holds` says of the program and its children,
/// whether or not it may look at all other processes.
struct Break {
    file: &'static str,
    label: &'static str,
    line: &'static str,
    gone: Gone,
    says: &'static [&'static str],
}

enum Gone {
    /// The call that the line makes is: the kernel does not get to see it.
    Call(libc::c_long, &'static [libc::c_int]),
    /// The line is: build.rs deleted it from this program. Its processes make
    /// the same call, and only one of them shall go without.
    Line(&'static str),
}

const BREAKS: [Break; 7] = [
    Break {
        file: "anonymous-pipe/src/main.rs",
        label: "// BREAK 1",
        line: "set_flags(&read_end, OFlag::O_NONBLOCK)?;",
        gone: Gone::Call(
            libc::SYS_fcntl,
            &[3, libc::F_SETFL, libc::O_NONBLOCK],
        ),
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
        gone: Gone::Call(
            libc::SYS_fcntl,
            &[4, libc::F_SETFL, libc::O_NONBLOCK],
        ),
        says: &["sleeps in write(4)", "EPIPE", "itself, as descriptor 3."],
    },
    Break {
        file: "fork-pipe/src/main.rs",
        label: "// BREAK 1",
        line: "drop(write_end);",
        gone: Gone::Line("fork_pipe_1"),
        says: &[
            "PARENT sleeps in wait",
            "CHILD sleeps in read(3)",
            "end of file",
            "itself, as descriptor 4.",
        ],
    },
    Break {
        file: "fork-pipe/src/two_ways.rs",
        label: "// BREAK 2",
        line: "drop(requests);",
        gone: Gone::Line("fork_pipe_2"),
        says: &[
            "PARENT sleeps in read(5)",
            "CHILD sleeps in read(3)",
            "It waits for fork_pipe_2 CHILD to write, or to leave.",
            "It waits for fork_pipe_2 PARENT to write, or to leave.",
        ],
    },
    Break {
        file: "named-pipe-bidi/src/talk.rs",
        label: "// BREAK 2",
        line: "drop(pings);",
        gone: Gone::Line("named_pipe_bidi_2"),
        says: &[
            "PARENT sleeps in wait",
            "CHILD sleeps in read(3)",
            "/there",
            "It waits for named_pipe_bidi PARENT to write, or to leave.",
        ],
    },
    Break {
        file: "named-pipe-uni/src/signals.rs",
        label: "// BREAK 1",
        line: "fcntl(end, how).named(\"fcntl F_SETFL\")?;",
        gone: Gone::Call(
            libc::SYS_fcntl,
            &[3, libc::F_SETFL, libc::O_NONBLOCK],
        ),
        says: &["sleeps in read(3)", "itself, as descriptor 4."],
    },
    Break {
        file: "shared/examples/beyond_pipes.rs",
        label: "// BREAK 2",
        line: "drop(other);",
        gone: Gone::Call(libc::SYS_close, &[4]),
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

/// Whoever adds a crate adds them, too. Next comes the next lesson.
#[test]
fn every_one_of_the_five_crates_ends_with_exercises() {
    let top = get(fs::read_dir(workspace()), "the workspace").flatten();
    let crates = top.filter(|at| at.path().join("Cargo.toml").exists());
    let crates: BTreeSet<_> = crates.map(|at| at.file_name()).collect();
    assert_eq!(crates, LESSONS.map(OsString::from).into());
    for lesson in LESSONS {
        let text = read(format!("{lesson}/README.md"));
        let titles = text
            .lines()
            .filter(|line| line.starts_with("## ") || line.starts_with("### "));
        let titles: Vec<_> = titles.collect();
        let parts = ["## Exercises", "### Predict", "### Break", "### Build"];
        let at = titles.windows(4).position(|four| four == parts);
        let next = titles.iter().position(|title| *title == "## Next");
        assert!(at.is_some() && next.is_none_or(|n| Some(n) > at), "{lesson}");
    }
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

/// Without the line the program hangs, and `who_holds` says why.
#[test]
fn without_the_labelled_line_the_lesson_hangs_and_who_holds_says_why() {
    for one in BREAKS {
        let broken = start(&one);
        let program = broken.process();
        let ask = |process: &Pid| {
            let who = Program::binary("who_holds").arg(process.to_string());
            // Before the hang there may be a child that has left by now.
            who.run().stdout
        };
        let said = || {
            let all = [vec![program], hang::children(program)].concat();
            let said: String = all.iter().map(ask).collect();
            with_names(&said, &all)
        };
        // Whoever waits for a child waits already while that is at work.
        let says_why = || {
            let said = said();
            one.says.iter().all(|words| said.contains(words))
        };
        let (file, label) = (one.file, one.label);
        assert!(becomes(says_why), "{file}, {label}: {}", said());
        for process in [vec![program], hang::children(program)].concat() {
            assert!(hang::is_stuck(process), "{file}, {label}");
        }
    }
}

/// Numbers differ each time: PARENT instead of the first, CHILD for others.
fn with_names(said: &str, processes: &[Pid]) -> String {
    let mut said = said.to_string();
    for (at, process) in processes.iter().enumerate() {
        let name = if at == 0 { " PARENT " } else { " CHILD " };
        said = said.replace(&format!(" {process} "), name);
    }
    said
}

/// Who does not ask is told: the deadline says the same of both processes, and
/// ends them.
#[test]
fn without_the_line_the_deadline_says_of_parent_and_child_why_they_hang() {
    // All at once: they wait for the most part.
    let built = BREAKS.iter().filter_map(|one| match one.gone {
        Gone::Line(name) => {
            let program = Program::example(name).env("DEADLINE", "3");
            Some((program.input("").starts(), one.says))
        }
        Gone::Call(..) => None,
    });
    for (program, says) in built.collect::<Vec<_>>() {
        let parent = program.process();
        let ended = program.ends();
        assert_eq!(ended.shell_status(), 1, "{ended:?}");
        assert!(ended.stderr.contains("no progress for 3 s"), "{ended:?}");
        let asleep = ended.stderr.lines().filter_map(|line| {
            let who = line.split_once(" sleeps in ")?.0;
            who.rsplit(' ').next()?.parse().ok().map(Pid::from_raw)
        });
        let children = asleep.filter(|process| *process != parent);
        let all: Vec<_> = [parent].into_iter().chain(children).collect();
        let said = with_names(&ended.stderr, &all);
        for words in says {
            assert!(said.contains(words), "no {words:?} in {said}");
        }
    }
}

/// Runs it as a reader does, without the line.
fn start(one: &Break) -> Running {
    let (call, words) = match one.gone {
        Gone::Call(call, words) => (call, words),
        Gone::Line(name) => {
            return Program::example(name).env("DEADLINE", "0").start();
        }
    };
    // It hangs until it was asked why.
    let without =
        |program: Program| program.env("DEADLINE", "0").without(call, words);
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
            let solution = file("solution");
            assert!(!solution.contains("// TODO"), "{name}");
            let lines = solution.lines().count();
            assert!((60..=150).contains(&lines), "{name}: {lines} lines");
        }
    }
}
