//! What every demo owes its users, checked the same way for all of them.

use std::thread;

use nix::sys::signal::Signal;

use crate::{Outcome, Program, Terminal, transcript};

/// Two runs print the same, and what the README shows; within 30 to 45 lines
/// and 80 columns, in at most 7 steps.
///
/// # Panics
///
/// If not.
pub fn prints_its_transcript(demo: &str, readme: &str, name: &str) {
    for _ in 0..3 {
        let printed = Program::new(demo).run().well().stdout;
        transcript::matches(readme, &format!("cargo run -p {name}"), &printed);
        let lines = without_picture(&printed).lines().count();
        assert!((30..=45).contains(&lines), "{lines} lines");
        for line in printed.lines() {
            assert!(line.chars().count() <= 80, "wide: {line:?}");
        }
        assert!(steps(&printed) <= 7, "{printed}");
    }
}

/// The transcript without its picture and the blank lines around it.
fn without_picture(printed: &str) -> String {
    let picture = "\n\n   descriptors ";
    let Some((before, rest)) = printed.split_once(picture) else {
        panic!("no picture of the pipe in:\n{printed}");
    };
    let after = rest.split_once("\n\n").map_or("", |(_, after)| after);
    format!("{before}\n{after}")
}

/// How many numbered steps a transcript has.
#[must_use]
pub fn steps(printed: &str) -> usize {
    let numbered = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    printed.lines().filter(numbered).count()
}

/// `--help` and `--version` answer; what is unknown is refused with what
/// there is, status 2.
///
/// # Panics
///
/// If not.
pub fn answers_its_command_line(demo: &str, name: &str) {
    let help = Program::new(demo).arg("--help").run().well().stdout;
    for word in ["Usage: ", name, "--step", "--help", "--version"] {
        assert!(help.contains(word), "no {word:?} in {help}");
    }
    let version = Program::new(demo).arg("--version").run().well().stdout;
    assert_eq!(version.split(' ').next(), Some(name));
    for bad in [&["--hepl"][..], &["-x"], &["a", "b", "c", "d"], &["--step=1"]]
    {
        let usage = format!("usage: {name}");
        let refused = Program::new(demo).args(bad).run().refused(2, &[&usage]);
        assert_eq!(refused.stdout, "");
    }
}

/// `--step` needs somebody who types: without a terminal it says so, with
/// status 2.
///
/// # Panics
///
/// If not.
pub fn needs_a_terminal_for_step(demo: &str) {
    let told = Program::new(demo).arg("--step").run();
    let _ = told.refused(2, &["--step needs a terminal: open /dev/tty"]);
}

/// A reader that leaves ends it quietly, before or while it prints.
///
/// # Panics
///
/// If not.
pub fn ends_quietly_without_a_reader(demo: &str) {
    let shell = |script: &str| {
        let script = format!("{} {script}", crate::quoted(demo));
        Program::new("sh").args(&["-c", &script])
    };
    let closed = Program::new(demo).with_closed_stdout();
    let [closed, head, full] =
        Program::run_all([closed, shell("| head -1"), shell("> /dev/full")]);
    assert_eq!((closed.shell_status(), closed.stderr.as_str()), (0, ""));
    assert_eq!(head.well().stdout.lines().count(), 1);
    // A full disk is another matter.
    if std::path::Path::new("/dev/full").exists() {
        let _: Outcome = full.refused(1, &["standard output: ENOSPC"]);
    }
}

/// On a terminal, `--step` waits before each step: the text is the same in
/// the end, and q leaves at once.
///
/// # Panics
///
/// If not.
pub fn steps_on_a_terminal(demo: &str) {
    let mut terminal = Terminal::start(demo, &["--step"], 80);
    let mut left = Terminal::start(demo, &["--step"], 80);
    let plain = Program::new(demo).run().well().stdout;
    left.shows("[Enter]", 1);
    left.types("q\n");
    for step in 1..=steps(&plain) {
        terminal.shows("[Enter]", step);
        terminal.types("\n");
    }
    let (shown, status) = terminal.ends();
    assert_eq!(status, 0, "{shown}");
    let told = transcript::sample(&without_colour(&shown).replace('\r', ""));
    let asked = |line: &&str| line.contains("[Enter]");
    let told: Vec<_> = told.lines().filter(|line| !asked(line)).collect();
    let plain = transcript::comparable(&transcript::sample(&plain));
    assert_eq!(transcript::comparable(&told.join("\n")), plain);
    let (shown, status) = left.ends();
    assert_eq!((status, steps(&without_colour(&shown))), (0, 1), "{shown}");
}

/// `--quiz` asks, and the kernel's answers are the key: who gives them is
/// right each time, who says otherwise is told, and q leaves.
///
/// # Panics
///
/// If not.
pub fn asks_and_lets_the_kernel_answer(demo: &str) {
    let told = Program::new(demo).arg("--quiz").run();
    let _ = told.refused(2, &["--quiz needs a terminal: open /dev/tty"]);
    // A terminal keeps what is typed ahead, and gives a line at a time.
    let play = |answers: &str| {
        let mut terminal = Terminal::start(demo, &["--quiz"], 80);
        terminal.types(answers);
        let (shown, status) = terminal.ends();
        assert_eq!(status, 0, "{shown}");
        without_colour(&shown)
    };
    let shown = play(&"w\n".repeat(20));
    let told = |line: &str| -> Option<String> {
        let line = line.trim();
        let otherwise = line.strip_prefix("you said \"waits\"; it is \"");
        let otherwise = otherwise.and_then(|rest| rest.strip_suffix('"'));
        // The terminal may show behind it what was typed ahead.
        let right = line.split_once(": right").map(|(answer, _)| answer);
        otherwise.or(right).map(str::to_string)
    };
    let key: Vec<_> = shown.lines().filter_map(told).collect();
    assert!(key.len() >= 2, "{shown}");
    let right = key.iter().filter(|answer| *answer == "waits").count();
    let score = |right| format!("Quiz: {right} of {} right", key.len());
    assert!(shown.contains(&score(right)), "{shown}");
    let shown = play(&(key.join("\n") + "\n"));
    assert!(shown.contains(&score(key.len())), "{shown}");
    let shown = play("what?\nq\n");
    assert_eq!(shown.matches(" ? ").count(), 2, "asked again: {shown}");
    assert!(!shown.contains("Quiz: "), "{shown}");
}

/// The deadline stands still while `--step` waits: a class may discuss.
///
/// # Panics
///
/// If not.
pub fn is_patient_with_a_class(demo: &str) {
    let soon = [("DEADLINE", "1")];
    let mut terminal = Terminal::start_with(demo, &["--step"], 80, &soon);
    terminal.shows("[Enter]", 1);
    terminal.shows_nothing_more(std::time::Duration::from_millis(1300));
    terminal.types("q\n");
    assert_eq!(terminal.ends().1, 0);
}

/// Ctrl-C and SIGTERM at each step end it as such, with nothing left behind.
///
/// # Panics
///
/// If not.
pub fn is_stopped_at_any_step(demo: &str) {
    let steps = steps(&Program::new(demo).run().well().stdout);
    let stopped = |step, signal: Option<Signal>, status| {
        let mut terminal = Terminal::start(demo, &["--step"], 80);
        for before in 1..step {
            terminal.shows("[Enter]", before);
            terminal.types("\n");
        }
        terminal.shows("[Enter]", step);
        match signal {
            None => terminal.types("\x03"),
            Some(signal) => terminal.send(signal),
        }
        let (shown, ended) = terminal.ends();
        assert_eq!(ended, status, "{signal:?} at step {step}:\n{shown}");
    };
    for step in 1..=steps {
        thread::scope(|scope| {
            scope.spawn(|| stopped(step, None, 130));
            scope.spawn(|| stopped(step, Some(Signal::SIGTERM), 143));
            scope.spawn(|| stopped(step, Some(Signal::SIGHUP), 129));
        });
    }
}

/// A signal to the program alone, while it prints any of its lines, ends all
/// that belongs to it: nobody holds its output a moment later, and no file is
/// left. A SIGKILL leaves files, and nobody alive.
///
/// # Panics
///
/// If not.
pub fn is_stopped_at_any_line(demo: &str) {
    let lines = Program::new(demo).run().well().stdout.lines().count();
    for line in (0..lines).step_by(4) {
        for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGKILL] {
            let ended = Program::new(demo).run_until(line, signal);
            let status = ended.shell_status();
            // At the last lines it may have ended before.
            let as_told = status == 128 + signal as i32 || status == 0;
            assert!(as_told, "{signal} at line {line}: {ended:?}");
            // A SIGKILL cannot be prepared for: a child may see the end of
            // its pipe before it is ended, and say so.
            let told = signal != Signal::SIGKILL && !ended.stderr.is_empty();
            assert!(!told, "{signal} at line {line}: {ended:?}");
        }
    }
}

/// Colour on a terminal, none with `NO_COLOR` or into a pipe; every line
/// within 60 columns where the terminal has no more.
///
/// # Panics
///
/// If not.
pub fn fits_its_terminal(demo: &str) {
    let plain = [("NO_COLOR", "1")];
    let plain = Terminal::start_with(demo, &[], 80, &plain);
    let terminals = [60, 80, 200]
        .map(|columns| (columns, Terminal::start(demo, &[], columns)));
    let forced = Program::new(demo).env("CLICOLOR_FORCE", "1");
    let [piped, forced] = Program::run_all([Program::new(demo), forced])
        .map(|ended| ended.well().stdout);
    assert!(!piped.contains('\x1b'), "{piped}");
    assert_eq!(without_colour(&forced).lines().count(), piped.lines().count());
    assert!(forced.contains("\x1b["));
    for (columns, terminal) in terminals {
        let (shown, status) = terminal.ends();
        assert_eq!(status, 0, "{shown}");
        assert!(shown.contains("\x1b["), "no colour on a terminal");
        for line in without_colour(&shown).lines() {
            let width = line.chars().count();
            assert!(width <= usize::from(columns.min(80)), "{line:?}");
        }
    }
    let (shown, _) = plain.ends();
    assert!(!shown.contains('\x1b'), "colour despite NO_COLOR");
}

/// Each line, or wrapped line, is one write(2), so that lines of two
/// processes never mix. A pipe in packet mode keeps writes apart.
///
/// # Panics
///
/// If not.
#[cfg(target_os = "linux")]
pub fn prints_a_line_a_write(demo: &str) {
    use crate::surroundings;
    use std::io::Read;
    let flags = nix::fcntl::OFlag::O_DIRECT | nix::fcntl::OFlag::O_CLOEXEC;
    let (read_end, write_end) = crate::get(nix::unistd::pipe2(flags), "pipe2");
    let mut command = std::process::Command::new(demo);
    let home = crate::home::Home::fresh();
    surroundings::at_home(&mut command, &home);
    surroundings::own_session(&mut command, false);
    let mut child = crate::get(command.stdout(write_end).spawn(), demo);
    drop(command);
    let (mut packets, mut packet) = (std::fs::File::from(read_end), [0; 4096]);
    let mut count = 0;
    while let Ok(length @ 1..) = packets.read(&mut packet) {
        let text = String::from_utf8_lossy(&packet[..length]);
        assert!(text.ends_with('\n'), "not a whole line: {text:?}");
        count += 1;
    }
    assert!(count >= 30, "{count} writes");
    assert!(child.wait().is_ok_and(|status| status.success()));
}

/// Text without the escape sequences that colour it or wipe a line.
#[must_use]
pub fn without_colour(text: &str) -> String {
    let mut pieces = text.split("\x1b[");
    let mut out = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let end = piece.find(|c: char| c.is_ascii_alphabetic());
        out += &piece[end.map_or(0, |at| at + 1)..];
    }
    out
}

/// A bug example shows both halves in one run, or the one that is asked for;
/// it tells the same story twice, in few lines that fit 80 columns.
///
/// # Panics
///
/// If not.
pub fn shows_a_bug_beside_its_fix(bug: &str) {
    let whole = || Program::example(bug);
    let [broken, mended] = ["broken", "mended"].map(|word| whole().arg(word));
    let [told, again, broken, mended] =
        Program::run_all([whole(), whole(), broken, mended])
            .map(|ended| ended.well().stdout);
    assert_eq!(words(&told), words(&again), "{bug}");
    for (half, title, other) in
        [(broken, "Broken: ", "Mended: "), (mended, "Mended: ", "Broken: ")]
    {
        assert!(told.contains(title), "{told}");
        assert!(!half.contains(other), "{bug}: {half}");
    }
    assert!(told.lines().count() <= 40, "{told}");
    let wide = |line: &&str| line.chars().count() > 80;
    assert_eq!(told.lines().find(wide), None);
}

/// The words, but for what differs from run to run.
fn words(told: &str) -> Vec<String> {
    let told = transcript::sample(told);
    told.split_whitespace().map(str::to_string).collect()
}

/// What every demo owes its users, as tests of the crate that it stands in.
#[macro_export]
macro_rules! demo_tests {
    ($name:literal, $path:expr) => {
        use $crate::demo;

        #[cfg(target_os = "linux")]
        #[test]
        fn the_demo_prints_what_its_readme_shows() {
            let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
            demo::prints_its_transcript($path, readme, $name);
        }

        #[test]
        fn an_unknown_word_is_refused_with_what_there_is() {
            demo::answers_its_command_line($path, $name);
        }

        #[test]
        fn step_needs_a_terminal() {
            demo::needs_a_terminal_for_step($path);
        }

        #[test]
        fn step_waits_for_enter_before_each_step() {
            demo::steps_on_a_terminal($path);
        }

        #[test]
        fn quiz_asks_and_the_kernel_answers() {
            demo::asks_and_lets_the_kernel_answer($path);
        }

        #[test]
        fn a_closed_standard_output_is_a_quiet_end() {
            demo::ends_quietly_without_a_reader($path);
        }

        #[test]
        fn a_signal_at_any_step_leaves_nothing_behind() {
            demo::is_stopped_at_any_step($path);
        }

        #[test]
        fn lines_fit_the_terminal_and_colour_is_for_terminals() {
            demo::fits_its_terminal($path);
        }

        #[test]
        fn a_signal_at_any_line_ends_all_that_belongs_to_it() {
            demo::is_stopped_at_any_line($path);
        }

        #[cfg(target_os = "linux")]
        #[test]
        fn a_line_is_one_write() {
            demo::prints_a_line_a_write($path);
        }
    };
}
