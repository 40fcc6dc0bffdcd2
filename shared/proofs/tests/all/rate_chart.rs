//! The chart of `message_rate`: the whole way from the bars to the file, and
//! what becomes of a file that is not to be written.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};

use harness::transcript::workspace_file;
use harness::{Program, Signal, get};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

/// `cargo run` in a test would be a snake that eats its tail: this is called as
/// cargo is, and does what cargo would.
const CARGO: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/rate_chart/cargo");

/// What `message_rate` hands over, made small.
const FIGURES: &str = "group\tA title\n\
    bar\tone & <two>\t1,000\t1\t900\t1000\t1100\n\
    mark\tthe mark\t254,880\t254880\n\
    why\tBecause.\nend\n";

fn maker() -> Program {
    Program::example("rate_chart")
}

/// The texts of a chart, as they are: one line each.
fn texts(svg: &str) -> Vec<&str> {
    let texts = svg.split("<text ").skip(1);
    texts
        .filter_map(|text| text.split(['>', '<']).nth(1))
        .map(str::trim)
        .collect()
}

/// No text but a figure: those differ from run to run.
fn labels(svg: &str) -> Vec<&str> {
    let figure = |text: &&str| {
        let digits = text.trim_end_matches('?');
        digits.chars().all(|c| c.is_ascii_digit() || c == ',')
    };
    let mut texts = texts(svg);
    texts.retain(|text| !figure(text) && !text.starts_with('?'));
    texts
}

#[test]
fn message_rate_draws_its_bars_through_a_cargo_that_builds_the_maker() {
    let bars = Program::example("message_rate");
    let elsewhere = Program::new("sh");
    let file = elsewhere.temporary().join("chart.svg");
    let built = bars.built();
    let bars = bars.env("CARGO", CARGO).env("BUILT", &built);
    let bars = bars.args(&["--quick", "--svg"]).arg(&file);
    let told = bars.run().well().stdout;
    assert!(told.contains("the chart is drawn"), "{told}");

    let svg = get(fs::read_to_string(&file), "the chart");
    let whole = svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>");
    assert!(whole && !svg.contains("NaN"), "{svg}");
    assert_eq!(get(fs::read_dir(elsewhere.temporary()), "ls").count(), 1);

    // The picture in the lesson says the same.
    let picture = workspace_file("named-pipe-uni/message_rate.svg");
    if told.contains("left out") || !told.contains("4096 B") {
        println!("skipped: not all bars are to be had here");
    } else {
        assert_eq!(labels(&svg), labels(&picture), "--svg draws it anew");
    }
}

/// Each figure of the picture stands in the run beside it, and each of the
/// run in the picture.
#[test]
fn the_picture_in_the_lesson_is_of_the_run_in_the_lesson() {
    let readme = workspace_file("named-pipe-uni/README.md");
    assert!(readme.contains("(message_rate.svg)"));
    let (_, run) = readme.split_once("--svg FILE\n").unwrap_or_default();
    let run = run.split("```").next().unwrap_or_default();
    let bars = run.lines().filter(|line| {
        line.ends_with(['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉'])
    });
    let figure = |line: &str| -> Option<String> {
        let unsure = if line.contains("%?") { "?" } else { "" };
        let mut words = line.split("  ").filter(|word| !word.trim().is_empty());
        Some(words.nth(1)?.trim().to_string() + unsure)
    };
    let shown: Vec<_> = bars.filter_map(figure).collect();
    let picture = workspace_file("named-pipe-uni/message_rate.svg");
    let drawn = texts(&picture);
    let all: BTreeSet<_> = labels(&picture).into_iter().collect();
    let drawn: Vec<_> =
        drawn.into_iter().filter(|text| !all.contains(text)).collect();
    let drawn: Vec<_> =
        drawn.into_iter().filter(|text| !text.starts_with("?:")).collect();
    assert_eq!(shown, drawn);
    assert_eq!(shown.len(), 13);
}

#[test]
fn a_chart_takes_the_place_of_a_file_at_once() {
    let maker = maker();
    let elsewhere = Program::new("sh");
    let file = elsewhere.temporary().join("chart.svg");
    get(fs::write(&file, "old"), "write");
    let told = maker.input(FIGURES).arg(&file).run().well().stdout;
    assert_eq!(told.trim(), "ready");
    let svg = get(fs::read_to_string(&file), "the chart");
    let expected = ["A title", "one &amp; &lt;two&gt;", "1,000", "Because."];
    let drawn = texts(&svg);
    assert!(expected.iter().all(|text| drawn.contains(text)), "{drawn:?}");
    assert_eq!(get(fs::read_dir(elsewhere.temporary()), "ls").count(), 1);
}

/// Before anything is measured, where that can be known.
#[test]
fn a_file_that_cannot_be_written_is_told_and_nothing_is_lost() {
    let elsewhere = Program::new("sh");
    let place = elsewhere.temporary();
    let [old, link, fifo] = ["old", "link", "fifo"].map(|at| place.join(at));
    get(fs::write(&old, "precious"), "write");
    get(symlink("old", &link), "symlink");
    get(mkfifo(&fifo, Mode::S_IRWXU), "mkfifo");
    let missing = place.join("missing/chart.svg");
    for (file, why) in [
        (&missing, "ENOENT (No such file or directory)"),
        (&place.to_path_buf(), "it is there, and it is not a regular file"),
        (&link, "it is there, and it is not a regular file"),
        (&fifo, "it is there, and it is not a regular file"),
    ] {
        let told = maker().input(FIGURES).arg(file).run();
        let told = told.refused(1, &[&file.to_string_lossy(), why]);
        assert_eq!(told.stdout, "", "not ready: {}", file.display());
    }
    // The measuring was ended, or somebody else has written the lines.
    let half = FIGURES.strip_suffix("end\n").unwrap_or_default();
    for (lines, why) in [
        (half, "the figures are not whole"),
        ("", "the figures are not whole"),
        ("bar\tone\tNaN\t1\tNaN\tNaN\tNaN\nend\n", "what is \"bar"),
        ("pie\nend\n", "what is \"pie\"?"),
    ] {
        let told = maker().input(lines).arg(&old).run();
        let _ = told.refused(1, &[why]);
    }
    assert_eq!(fs::read(&old).ok(), Some(b"precious".to_vec()));
    assert!(link.is_symlink());
    assert!(get(fs::symlink_metadata(&fifo), "lstat").file_type().is_fifo());
    assert_eq!(get(fs::read_dir(place), "ls").count(), 3);
}

/// The maker hears the end of file, and takes away what it had begun.
#[test]
fn a_measuring_that_is_ended_leaves_nothing() {
    let elsewhere = Program::new("sh");
    let file = elsewhere.temporary().join("chart.svg");
    let bars = Program::example("message_rate");
    let built = bars.built();
    let bars = bars.env("CARGO", CARGO).env("BUILT", &built);
    let ended = bars.arg("--svg").arg(&file).run_until(5, Signal::SIGTERM);
    assert_eq!(ended.shell_status(), 143, "{ended:?}");
    assert!(ended.stderr.contains("figures are not whole"), "{ended:?}");
    assert_eq!(get(fs::read_dir(elsewhere.temporary()), "ls").count(), 0);
}

/// The sentence is the maker's, or the system's where there is no cargo.
#[test]
fn message_rate_says_at_once_that_there_will_be_no_chart() {
    let bars = || Program::example("message_rate").arg("--svg");
    let built = bars().built();
    let to_a_directory =
        bars().arg("/").env("CARGO", CARGO).env("BUILT", &built);
    let told = to_a_directory.run().refused(1, &["rate_chart: /: "]);
    assert_eq!(told.stdout, "", "it has measured");
    let no_cargo = bars().arg("x.svg").env("CARGO", "/nowhere/cargo");
    let _ = no_cargo.run().refused(1, &["start /nowhere/cargo: ENOENT"]);
}
