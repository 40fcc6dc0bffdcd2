//! What the examples show.

use harness::{Program, demo};

/// [AP-58] Whether a descriptor leaks into started programs is a flag of the
/// descriptor, and the four APIs do not agree on it.
#[test]
fn pipe_leaks_into_started_programs_and_os_pipe_and_std_do_not() {
    let shown = Program::example("four_apis").run().well().stdout;
    let line = |line: &&str| line.contains("FD_CLOEXEC");
    let last = |line: &str| line.rsplit(' ').next().map(str::to_string);
    let answers: Vec<_> = shown.lines().filter(line).filter_map(last).collect();
    assert_eq!(answers, ["no", "no", "yes", "yes"]);
    assert_eq!(shown.matches("\"Hello world!\"").count(), 4);
}

/// [AP-14] [AP-15] Both are two open file descriptions on one thing. A file's
/// have positions, and its bytes stay.
#[test]
fn a_pipe_is_not_a_file_opened_twice() {
    let shown = Program::example("file_or_pipe").run().well().stdout;
    for line in ["offset 12", "size 12 bytes", "and again", "= ESPIPE"] {
        assert!(shown.contains(line), "no {line:?} in {shown}");
    }
    for side in ["read end", "write end"] {
        let drawn = shown.lines().filter(|line| line.contains(side));
        assert_eq!(drawn.count(), 1, "{shown}");
    }
}

/// [AP-32] [AP-34] [AP-37] [FP-34] The model and the kernel give one answer
/// to each call, and the surprising ones are among them.
#[cfg(target_os = "linux")]
#[test]
fn the_toy_pipe_and_the_kernels_give_the_same_answers() {
    use harness::transcript::sample;
    let run = || Program::example("toy_pipe").run().well().stdout;
    let shown = run();
    assert_eq!(sample(&shown), sample(&run()));
    assert!(shown.lines().count() <= 60, "{shown}");
    // Lines of the table: a call, the toy's answer, the kernel's.
    let answers = |line: &str| -> Option<[String; 2]> {
        let (_, answers) = line.split_once(')')?;
        let mut words = answers.trim_start_matches(" ...").split_whitespace();
        let number = |word: &str| word.parse::<usize>().is_ok();
        let is_one = |word: &&str| number(word) || word.starts_with('E');
        let mut next = || words.next().filter(is_one).map(str::to_string);
        Some([next()?, next()?])
    };
    let table: Vec<_> = shown.lines().filter_map(answers).collect();
    assert!(table.len() >= 25, "{shown}");
    assert!(table.iter().all(|[toy, kernel]| toy == kernel), "{shown}");
    for answer in ["EAGAIN", "EBUSY", "EPIPE", "0"] {
        assert!(table.iter().any(|[toy, _]| toy == answer), "no {answer}");
    }
    // The rows of writes that fill a pipe.
    let fits = shown.lines().filter(|line| line.contains(") ... "));
    let fits: Vec<usize> = fits
        .filter_map(answers)
        .filter_map(|[toy, _]| toy.parse().ok())
        .collect();
    let [small, third, half, page] = fits[..] else { panic!("{shown}") };
    assert_eq!(small, page);
    assert!(third < page && half < third && half > page / 2, "{shown}");
    // No slot is free, and a part of a longer write is taken all the same.
    assert!(shown.contains("9       9  torn"), "{shown}");
}

#[test]
fn the_toy_pipe_has_manners() {
    let path = Program::example("toy_pipe").path();
    demo::answers_its_command_line(&path, "toy_pipe");
    if cfg!(target_os = "linux") {
        demo::ends_quietly_without_a_reader(&path);
        demo::steps_on_a_terminal(&path);
        demo::fits_its_terminal(&path);
    }
}
