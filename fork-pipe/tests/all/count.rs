//! The child counts what the parent sends, as wc(1) does, whatever it is.

#[cfg(target_os = "linux")]
use harness::measured;
use harness::{Program, get};
use std::fs;

const DEMO: &str = env!("CARGO_BIN_EXE_fork-pipe");

/// The three numbers of the answer.
fn counted(program: Program) -> Vec<u64> {
    let told = program.run().well().stdout;
    let answer = told.lines().find(|line| line.contains("the answer: "));
    numbers(answer.unwrap_or_default())
}

fn numbers(text: &str) -> Vec<u64> {
    let words = text.split([' ', ',', '\n']);
    words.filter_map(|word| word.parse().ok()).collect()
}

fn wc(bytes: &[u8]) -> Vec<u64> {
    let wc = Program::new("wc").args(&["-l", "-w", "-c"]);
    numbers(&wc.input(bytes).run().well().stdout)
}

#[test]
fn lines_words_and_bytes_are_those_of_wc() {
    let long = "word ".repeat(50_000);
    let texts = [
        "",
        "\n",
        "word",
        " word ",
        "one\ntwo three\n",
        "no newline\nat the end",
        "tabs\tand\rreturns\x0b\x0cand feeds\n",
        "\n\n \n",
        &long,
    ];
    for text in texts {
        let ours = counted(Program::new(DEMO).arg("-").input(text));
        assert_eq!(ours, wc(text.as_bytes()), "{text:.40?}");
    }
}

/// A frame may end anywhere, also inside a word.
#[test]
fn a_word_that_is_cut_by_a_frame_is_one_word() {
    for length in 32 * 1024 - 2..32 * 1024 + 3 {
        let text = "x".repeat(length) + " y";
        let ours = counted(Program::new(DEMO).arg("-").input(text));
        assert_eq!(ours, [0, 2, length as u64 + 2]);
    }
}

/// A frame may end inside a letter, too. The words of this text are those
/// that wc finds in a UTF-8 locale.
#[test]
fn a_letter_that_is_cut_by_a_frame_is_one_letter() {
    for length in 32 * 1024 - 4..=32 * 1024 {
        // A letter of three bytes, then a space of three bytes.
        let text = "x".repeat(length) + "\u{20ac}\u{2003}\u{e9}t\u{e9}";
        let ours = counted(Program::new(DEMO).arg("-").input(text.clone()));
        assert_eq!(ours, [0, 2, text.len() as u64]);
    }
}

/// wc's idea of a word in other than text depends on its version: lines and
/// bytes do not.
#[test]
fn any_bytes_are_counted() {
    let mut bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    bytes.extend([0xff, 0xc3, b'\n', 0]);
    let ours = counted(Program::new(DEMO).arg("-").input(bytes.clone()));
    let theirs = wc(&bytes);
    assert_eq!((ours[0], ours[2]), (theirs[0], theirs[2]));
}

#[test]
fn a_file_can_be_named() {
    let program = Program::new(DEMO);
    let file = program.temporary().join("a file\nwith a strange name");
    get(fs::write(&file, "one\ntwo\n"), "write");
    let ours = counted(Program::new(DEMO).arg(&file));
    assert_eq!(ours, [2, 2, 8]);
}

#[test]
fn what_cannot_be_read_is_named_with_call_and_errno() {
    let missing = Program::new(DEMO).arg("/no/such/file").run();
    let missing = missing.refused(1, &["open /no/such/file: ENOENT"]);
    assert_eq!(missing.stdout, "", "half a story was told");
    let folder = Program::new(DEMO).arg("/").run();
    let _ = folder.refused(1, &["read /: EISDIR"]);
}

/// The peaks of child and parent, in KiB.
#[cfg(target_os = "linux")]
fn peaks(told: &str) -> Vec<u64> {
    let lines = told.lines();
    let peak = lines.filter_map(|line| line.split_once("at its peak: "));
    peak.flat_map(|(_, kib)| numbers(kib)).collect()
}

/// Far more than any pipe or buffer holds, in little memory.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_input() {
    let script = "ulimit -v 32768; head -c $1 /dev/zero | exec \"$0\" -";
    let run = |bytes: &str| {
        let program = Program::new("bash").args(&["-c", script, DEMO, bytes]);
        let told = program.run().well().stdout;
        let answer = told.lines().find(|line| line.contains("the answer: "));
        let answer = numbers(answer.unwrap_or_default());
        assert_eq!(answer[..], [0, 1, bytes.parse().unwrap_or(0)], "{told}");
        let peaks = peaks(&told);
        assert_eq!(peaks.len(), 2, "{told}");
        peaks
    };
    // It is the pages that vary: those of the program that are read already.
    let little = run("100000");
    for (little, much) in little.iter().zip(run("12000000")) {
        assert!(much < little + 4096, "{little} KiB, and then {much} KiB");
    }
}

/// What cargo had needed before it became this program is not counted.
#[cfg(target_os = "linux")]
#[test]
fn the_peak_is_the_programs_own() {
    let large = "x=$(head -c 25000000 /dev/zero | tr '\\0' x); exec \"$0\" -";
    let program = Program::new("bash").args(&["-c", large, DEMO]).input("one");
    let told = program.run().well().stdout;
    let peaks = peaks(&told);
    assert_eq!(peaks.len(), 2, "{told}");
    assert!(peaks.iter().all(|kib| *kib < 20_000), "{told}");
}

/// In the lesson, as on this machine: the same words, and never more memory.
#[cfg(target_os = "linux")]
#[test]
fn the_lesson_shows_one_peak_for_a_mebibyte_and_for_ten_gibibytes() {
    let readme = "fork-pipe/README.md";
    let runs = measured::shown_in(readme, "| grep -e answer: -e peak; }");
    let runs: Vec<_> = runs.split("$ head -c ").skip(1).collect();
    assert_eq!(runs.len(), 3, "{runs:?}");
    let first = peaks(runs[0]);
    for run in &runs {
        let bytes = run.split(' ').next().unwrap_or_default();
        assert!(run.contains(&format!("bytes: {bytes}\n")), "{run}");
        for (kib, first) in peaks(run).iter().zip(&first) {
            assert!(kib.abs_diff(*first) < 1024, "{run}");
        }
    }
    assert!(runs[2].starts_with("10737418240 "), "{runs:?}");
    let told = Program::new(DEMO).arg("-").input("x").run().well().stdout;
    let lines = told.lines();
    let told = lines.filter(|it| it.contains("answer:") || it.contains("peak"));
    let told = measured::without_figures(&told.collect::<Vec<_>>().join("\n"));
    assert_eq!(measured::without_figures(runs[2])[1..], told);
}
