//! The ladder: that each rung is there, that what it carries is looked at, and
//! that what is refused is said. How fast it is depends on the machine.

use std::time::Duration;

use harness::demo::{self, without_colour};
use harness::experiment::skipped;
use harness::transcript::workspace_file;
use harness::{Program, Terminal, table};

// What the reader holds the bytes against, and what is made of the figures.
#[path = "../../examples/throughput/pattern.rs"]
mod pattern;
#[path = "../../examples/throughput/rounds.rs"]
mod rounds;

use pattern::{Checker, LENGTH, Look, pattern as sent};

const RUNGS: [&str; 7] = [
    "1 KiB writes",
    "64 KiB writes",
    "256 KiB writes",
    "1 MiB pipe",
    "vmsplice",
    "splice",
    "huge pages",
];

/// The ladder, climbed once, and quickly.
fn quick() -> Program {
    Program::example("throughput").arg("--quick")
}

/// What was said of each rung before it was timed.
fn tried(shown: &str) -> Vec<&str> {
    let is_one = |line: &&str| {
        let line = line.trim_start();
        RUNGS.iter().any(|rung| line.starts_with(rung)) && !line.contains("..")
    };
    shown.lines().filter(is_one).collect()
}

/// The first cell of each row of the table.
fn measured(shown: &str) -> Vec<String> {
    let rows = table::rows(shown).into_iter().skip_while(|row| {
        // Its head; above it stand rows of another kind.
        !row.starts_with("rung | ")
    });
    let first = |row: String| row.split(" | ").next().map(str::to_string);
    let rungs = rows.skip(1).filter_map(first);
    rungs.filter(|cell| RUNGS.contains(&cell.as_str())).collect()
}

/// Nor does the README show other rungs than there are.
#[test]
fn each_rung_is_tried_and_then_measured_in_order() {
    let shown = quick().run().well().stdout;
    // What is rewritten on a terminal is not for a file.
    assert!(!shown.contains(['\r', '\x1b']), "{shown}");
    let tried = tried(&shown);
    assert_eq!(tried.len(), RUNGS.len(), "{shown}");
    let mut carried = Vec::new();
    for (line, rung) in tried.iter().zip(RUNGS) {
        assert!(line.trim_start().starts_with(rung), "{shown}");
        if line.contains("left out: ") {
            skipped(line.trim());
        } else {
            assert!(line.contains(" bytes, each as sent"), "{line}");
            carried.push(rung);
        }
    }
    // Every Unix copies.
    assert!(carried.starts_with(&RUNGS[..3]), "{shown}");
    assert_eq!(measured(&shown), carried, "{shown}");

    let readme = workspace_file("anonymous-pipe/README.md");
    let (_, run) =
        readme.split_once("--example throughput\n").unwrap_or_default();
    let run = run.split("```").next().unwrap_or_default();
    assert_eq!(measured(run), RUNGS, "{run}");
    assert_eq!(comparable(run, &carried), comparable(&shown, &carried));
}

/// The lines, but for figures and for what depends on the machine and on how
/// the program was built.
fn comparable(shown: &str, carried: &[&str]) -> Vec<String> {
    let lines = shown.lines().filter(|line| {
        let all = carried.len() == RUNGS.len();
        let line = line.trim_start();
        let rung = RUNGS.iter().any(|rung| line.starts_with(rung));
        let built = line.starts_with("A debug build");
        let rounds = line.contains("The ladder: ");
        !built && !rounds && !line.starts_with('─') && (all || !rung)
    });
    let plain = |line: &str| -> String {
        let word = |word: &&str| {
            !word.contains(|c: char| c.is_ascii_digit() || "▏█#".contains(c))
        };
        let line = line.split("each as sent").next().unwrap_or_default();
        let line = line.replace(['▎', '▍', '▌', '▋', '▊', '▉'], "█");
        let words = line.split_whitespace();
        words.filter(word).collect::<Vec<_>>().join(" ")
    };
    lines.map(plain).collect()
}

/// One byte is enough, wherever it is.
#[test]
fn a_byte_that_is_wrong_or_shifted_or_stale_or_missing_is_seen() {
    const PIECE: usize = 4096;
    // Around the end of the pattern, where it begins anew.
    let (sent, start) = (sent(), LENGTH - 4 * PIECE);
    let lap = [&sent[start..], &sent[..4 * PIECE]].concat();
    let mut checker = Checker::new();
    assert!(checker.next(&sent[..start], Look::AtAll));
    let right = |arrived: &[u8], piece, look| {
        let mut checker = checker.clone();
        arrived.chunks(piece).all(|piece| checker.next(piece, look))
    };
    for look in [Look::AtAll, Look::AtSome] {
        for piece in [PIECE, PIECE + 1, lap.len()] {
            assert!(right(&lap, piece, look), "{piece}");
        }
    }
    for at in [0, 7, 8, PIECE, 4 * PIECE - 1, 4 * PIECE, lap.len() - 1] {
        let mut wrong = lap.clone();
        wrong[at] ^= 1;
        assert!(!right(&wrong, PIECE, Look::AtAll), "wrong: {at}");
    }
    for look in [Look::AtAll, Look::AtSome] {
        for shift in [1, 8, PIECE] {
            assert!(!right(&lap[shift..], PIECE, look), "shifted: {shift}");
            let mut missing = lap.clone();
            missing.drain(PIECE..PIECE + shift);
            assert!(!right(&missing, PIECE, look), "missing: {shift}");
        }
        // A page that comes once more, instead of the next.
        let mut stale = lap.clone();
        stale.copy_within(PIECE..2 * PIECE, 2 * PIECE);
        assert!(!right(&stale, PIECE, look), "stale");
    }
}

#[test]
fn as_many_bytes_are_timed_as_take_long_enough() {
    let (nanosecond, goal) =
        (Duration::from_nanos(1), Duration::from_millis(40));
    let mut asked = 0;
    let trip = |bytes: usize| -> Result<Duration, ()> {
        asked += bytes;
        Ok(nanosecond * u32::try_from(bytes).unwrap_or(u32::MAX))
    };
    assert_eq!(rounds::bytes_for(goal, trip), Ok(19 * LENGTH));
    assert_eq!(asked, (1 + 2 + 4 + 8) * LENGTH);
    let slow = |_| Ok::<_, ()>(2 * goal);
    assert_eq!(rounds::bytes_for(goal, slow), Ok(LENGTH));
    let speed = rounds::gib_per_second(1 << 30, Duration::from_secs(1));
    assert_eq!(speed.to_string(), "1");
}

#[test]
fn the_ladder_has_manners() {
    let path = Program::example("throughput").path();
    demo::answers_its_command_line(&path, "throughput");
    demo::needs_a_terminal_for_step(&path);
    demo::ends_quietly_without_a_reader(&path);
    let stopped = Program::new(&path).run_until(8, harness::Signal::SIGTERM);
    assert_eq!(stopped.shell_status(), 143, "{stopped:?}");
}

/// Until there is something to tell, in its place.
#[test]
fn a_terminal_shows_what_is_under_way() {
    let path = Program::example("throughput").path();
    let plain = [("LC_ALL", "C")];
    let terminal = Terminal::start_with(&path, &["--quick"], 60, &plain);
    let (shown, status) = terminal.ends();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("round 1 of 1: 64 KiB writes"), "{shown}");
    assert!(shown.contains('#') && !shown.contains('█'), "{shown}");
    for line in without_colour(&shown).split(['\r', '\n']) {
        assert!(line.chars().count() <= 60, "{line:?}");
    }
}

/// Where a call is refused, its rungs are left out, and the others stay.
#[cfg(target_os = "linux")]
#[test]
fn what_is_refused_is_said_and_the_ladder_goes_on() {
    use nix::errno::Errno::{ENOSYS, EPERM};
    use nix::libc::{self, F_SETPIPE_SZ};

    // Whichever number the write end has.
    let small = (3..9).fold(quick(), |program, fd| {
        program.refusing(libc::SYS_fcntl, &[fd, F_SETPIPE_SZ], EPERM)
    });
    let old = quick().refusing(libc::SYS_vmsplice, &[], ENOSYS).refusing(
        libc::SYS_sched_setaffinity,
        &[],
        EPERM,
    );
    let [small, old] =
        Program::run_all([small, old]).map(|ended| ended.well().stdout);
    let has = |text: &str, line: &str| assert!(text.contains(line), "{text}");

    has(&small, "1 MiB pipe      left out: F_SETPIPE_SZ: EPERM");
    assert_eq!(small.matches("F_SETPIPE_SZ").count(), 1, "{small}");
    assert!(!measured(&small).contains(&"1 MiB pipe".to_string()), "{small}");
    has(&small, "\n   vmsplice ");

    for rung in &RUNGS[4..] {
        has(&old, &format!("{rung:<14}  left out: vmsplice: this system"));
    }
    assert_eq!(measured(&old), &RUNGS[..4], "{old}");
    has(&old, "They run anywhere: sched_setaffinity: EPERM");
}
