//! Each classic bug really bites, and its fix really mends it.

use harness::transcript::{self, comparable};
use harness::{Home, Program, demo, get};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{dup, pipe, read};

const BUGS: [&str; 4] =
    ["alone_and_full", "broken_pipe", "partial_write", "shared_nonblock"];

/// What one half of an example prints.
fn half(example: &str, half: &str) -> String {
    Program::example(example).arg(half).run().well().stdout
}

/// The lines of a text that contain `words`.
fn lines<'a>(text: &'a str, words: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.contains(words)).collect()
}

/// [AP-60] With one byte more than it holds, on any capacity.
#[test]
fn a_process_that_fills_its_own_pipe_waits_for_itself() {
    let broken = half("alone_and_full", "broken");
    assert!(broken.contains("It is stuck."), "{broken}");
    if cfg!(target_os = "linux") {
        assert!(broken.contains("sleeps in write("), "{broken}");
        assert!(broken.contains("is full; its read end is held by"));
        assert!(broken.contains("<- itself"), "{broken}");
    }
    let mended = half("alone_and_full", "mended");
    assert!(mended.contains("went in and came out, in order."), "{mended}");
    // As many bytes as the broken half could not send, and one too many.
    let first = |text: &str, line: &str| -> usize {
        let line = lines(text, line)[0].trim();
        get(line.split(' ').next().unwrap_or_default().parse(), line)
    };
    let sent = first(&broken, "into a pipe that holds");
    assert!(broken.contains(&format!("that holds {}.", sent - 1)), "{broken}");
    assert_eq!(first(&mended, "went in and came out"), sent);
}

/// It is there to be looked at as long as it is wanted, and Ctrl-C ends it
/// with its child.
#[test]
fn with_hang_it_hangs_until_ctrl_c() {
    let path = Program::example("alone_and_full").path();
    let mut terminal = harness::Terminal::start(&path, &["--hang"], 80);
    terminal.shows("who_holds -- ", 1);
    terminal.types("\x03");
    let (shown, status) = terminal.ends();
    assert_eq!(status, 130, "{shown}");
}

/// [AP-54] By way of a shell: the example plays the program that prints.
#[test]
fn println_panics_where_nobody_reads_and_writeln_need_not() {
    let program = harness::quoted(Program::example("broken_pipe").path());
    let ends = |word: &str| {
        let pipeline = format!("{program} {word} | head -n 1");
        let line = format!("{pipeline}; echo ${{PIPESTATUS[0]}}");
        Program::new("bash").args(&["-c", &line]).run()
    };
    let panics = ends("println");
    assert_eq!(panics.stdout, "y\n101\n");
    assert!(panics.stderr.contains("Broken pipe"), "{}", panics.stderr);
    assert_eq!(ends("writeln").well().stdout, "y\n0\n");

    let broken = half("broken_pipe", "broken");
    assert_eq!(lines(&broken, "exit status 101").len(), 1, "{broken}");
    assert_eq!(lines(&broken, "failed printing").len(), 1, "{broken}");
    let mended = half("broken_pipe", "mended");
    assert_eq!(lines(&mended, "exit status 0").len(), 1, "{mended}");
}

/// A broken pipe is an end. Any other error is one to be told.
#[test]
fn a_full_disk_is_no_quiet_end() {
    if std::path::Path::new("/dev/full").exists() {
        let program = Program::example("broken_pipe").path();
        let program = harness::quoted(program);
        let line = format!("{program} writeln > /dev/full");
        let ended = Program::new("sh").args(&["-c", &line]).run();
        let _ = ended.refused(1, &["yes: write: No space left"]);
    }
}

/// [FP-26] So sh complains; with the signal given back, it dies of it.
#[test]
fn an_ignored_sigpipe_goes_through_fork_and_exec() {
    let broken = half("broken_pipe", "broken");
    assert!(broken.contains("exit status 1 "), "{broken}");
    assert_eq!(lines(&broken, "sh: ").len(), 1, "{broken}");
    assert!(!broken.contains("killed by"), "{broken}");
    let mended = half("broken_pipe", "mended");
    assert!(mended.contains("killed by SIGPIPE"), "{mended}");
    assert_eq!(lines(&mended, "not a word").len(), 2, "{mended}");
}

/// A shell that knows no English. It is written by another process: nobody
/// has it open for writing when it is started.
#[test]
fn a_complaint_in_any_language_is_shown() {
    let place = Home::fresh();
    let program = harness::quoted(Program::example("broken_pipe").path());
    let spanish = "#!/bin/sh\\necho tubería rota >&2; exit 1";
    let script = format!(
        "cd {} && printf '{spanish}' > sh && chmod +x sh && \
         PATH=. exec {program} broken",
        place.path().display(),
    );
    let told = Program::new("/bin/sh").args(&["-c", &script]).run().well();
    let told = told.stdout;
    assert_eq!(lines(&told, "tubería rota").len(), 1, "{told}");
    assert!(!told.contains("not a word"), "{told}");
}

/// [FP-26] One of the system's own may give itself SIGPIPE back.
#[test]
fn the_system_needs_no_yes() {
    let place = Home::fresh();
    let sh = get(std::fs::canonicalize("/bin/sh"), "sh");
    let link = place.path().join("sh");
    get(std::os::unix::fs::symlink(sh, link), "symlink");
    let path = place.path().to_string_lossy();
    let told = Program::example("broken_pipe").env("PATH", &path).run();
    let _ = told.well();
}

/// [AP-13] [FP-02] Twice, a read that never asked for it does not wait; and
/// after two lookers with poll, it does.
#[test]
fn o_nonblock_reaches_all_who_share_the_description() {
    let broken = half("shared_nonblock", "broken");
    assert_eq!(lines(&broken, "= EAGAIN").len(), 3, "{broken}");
    assert!(broken.contains("it wished no such thing"), "{broken}");
    assert!(broken.contains("the child is gone; its flag is not"), "{broken}");
    let mended = half("shared_nonblock", "mended");
    assert!(!mended.contains("EAGAIN"), "{mended}");
    assert!(mended.contains("waits, as it should"), "{mended}");
    assert_eq!(lines(&mended, ", 64) = 5").len(), 1, "{mended}");
}

/// [AP-13] [AP-26] The cure that the example names for those who need the
/// flag: on Linux, a new description of the same end.
#[cfg(target_os = "linux")]
#[test]
fn a_reopened_end_has_flags_of_its_own() {
    use std::os::fd::AsRawFd;
    let (read_end, write_end) = get(pipe(), "pipe");
    let path = format!("/proc/self/fd/{}", read_end.as_raw_fd());
    let own = get(std::fs::File::open(&path), &path);
    let flags = FcntlArg::F_SETFL(OFlag::O_NONBLOCK);
    get(fcntl(&own, flags), "fcntl");
    assert_eq!(read(&own, &mut [0]), Err(Errno::EAGAIN));
    assert!(!is_nonblocking(&read_end));
    // It is the same pipe all the same.
    assert_eq!(nix::unistd::write(&write_end, b"x"), Ok(1));
    assert_eq!(read(&own, &mut [0]), Ok(1));
}

/// [AP-13] What the example shows, in three lines.
#[test]
fn a_dup_has_the_flags_of_the_original() {
    let (read_end, _write_end) = get(pipe(), "pipe");
    let copy = get(dup(&read_end), "dup");
    get(fcntl(&copy, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)), "fcntl");
    assert!(is_nonblocking(&read_end));
    assert_eq!(read(&read_end, &mut [0]), Err(Errno::EAGAIN));
}

fn is_nonblocking(fd: impl std::os::fd::AsFd) -> bool {
    let flags = get(fcntl(fd, FcntlArg::F_GETFL), "fcntl");
    OFlag::from_bits_retain(flags).contains(OFlag::O_NONBLOCK)
}

/// [SH-15] [FP-34] With one write, and with std's `write_all`; a loop that
/// keeps its place sends all.
#[test]
fn a_nonblocking_write_of_more_than_fits_takes_a_part() {
    // (arrived, sent) of each message.
    let arrived = |text: &str| -> Vec<(usize, usize)> {
        let numbers = |line: &&str| {
            let (got, rest) = line.trim().split_once(" of ")?;
            let all = rest.split(' ').next()?;
            Some((got.parse().ok()?, all.parse().ok()?))
        };
        lines(text, "bytes arrive").iter().filter_map(numbers).collect()
    };
    let broken = half("partial_write", "broken");
    assert!(broken.contains("write_all(message) = Err(WouldBlock)"));
    let [one, all] = arrived(&broken)[..] else { panic!("{broken}") };
    for (got, length) in [one, all] {
        assert!(0 < got && got < length, "{broken}");
    }
    let mended = half("partial_write", "mended");
    let [(got, length)] = arrived(&mended)[..] else { panic!("{mended}") };
    assert_eq!((got, length), (one.1, one.1), "{mended}");
    // The same first write as in the broken half: the loop made the
    // difference.
    let first = format!("{length}) = {}", one.0);
    assert!(mended.contains(&first), "no {first:?} in {mended}");
}

/// Both halves in one run, in few lines, and the same in each run.
#[test]
fn without_a_word_a_bug_is_shown_beside_its_fix() {
    for bug in BUGS {
        let run = || Program::example(bug);
        let [broken, mended] = ["broken", "mended"].map(|half| run().arg(half));
        let [shown, again, broken, mended] =
            Program::run_all([run(), run(), broken, mended])
                .map(|ended| transcript::sample(&ended.well().stdout));
        let [once, twice] = [&shown, &again].map(|it| comparable(it));
        assert_eq!(once, twice, "{bug}");
        assert!(shown.lines().count() <= 30, "{shown}");
        for title in ["Broken: ", "Mended: "] {
            assert!(shown.contains(title), "{shown}");
        }
        for (half, other) in [(broken, "Mended"), (mended, "Broken")] {
            assert!(!half.contains(other), "{bug}: {half}");
        }
    }
}

#[test]
fn every_bug_has_a_command_line_with_manners() {
    for bug in BUGS {
        let path = Program::example(bug).path();
        demo::answers_its_command_line(&path, bug);
        demo::needs_a_terminal_for_step(&path);
        demo::ends_quietly_without_a_reader(&path);
    }
}

#[test]
fn every_bug_can_be_shown_step_by_step() {
    for bug in BUGS {
        let path = Program::example(bug).path();
        demo::steps_on_a_terminal(&path);
    }
}

#[test]
fn the_lines_of_every_bug_fit_the_terminal() {
    for bug in BUGS {
        demo::fits_its_terminal(&Program::example(bug).path());
    }
}

/// The one of them that has a child all the while.
#[test]
fn a_signal_at_any_moment_ends_the_stuck_child_too() {
    let path = Program::example("alone_and_full").path();
    demo::is_stopped_at_any_step(&path);
    demo::is_stopped_at_any_line(&path);
}
