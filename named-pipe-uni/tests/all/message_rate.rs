//! Messages a second: that each bar is there, that what is refused is said,
//! and that a wrong message is seen. How many there are depends on the machine.

use harness::transcript::workspace_file;
use harness::{Program, Signal, demo, get};
use shared::frame::{FrameReader, FrameWriter};

// Where messages arrive, and what is made of figures.
#[path = "../../examples/message_rate/arrived.rs"]
mod arrived;
#[path = "../../examples/message_rate/figure.rs"]
mod figure;

use figure::{ARTICLE, Unsure, in_words};

/// One short round.
fn quick() -> Program {
    Program::example("message_rate").arg("--quick")
}

/// The first cell of each bar, and of each that is left out.
fn bars(shown: &str) -> Vec<String> {
    let lines = shown.lines().filter(|line| {
        line.contains("left out: ")
            || line.ends_with(['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉'])
    });
    let cell = |line: &str| {
        let cell = line.trim().split("  ").next();
        cell.unwrap_or_default().to_string()
    };
    lines.map(cell).collect()
}

/// Lines without a figure: titles, and why it is so.
fn words(shown: &str) -> Vec<&str> {
    let told = shown.split(|c: char| c.is_whitespace() || c == '"');
    let plain = |word: &&str| {
        let figure = word.contains(|c: char| c.is_ascii_digit());
        !figure && word.contains(|c: char| c.is_ascii_alphabetic())
    };
    told.filter(plain).collect()
}

/// And the README shows the same, from a run of more rounds.
#[test]
fn each_way_has_a_bar_or_the_reason_why_not() {
    let shown = quick().run().well().stdout;
    let readme = workspace_file("named-pipe-uni/README.md");
    let (_, run) =
        readme.split_once("message_rate -- --svg FILE\n").unwrap_or_default();
    let run = run.split("```").next().unwrap_or_default();
    let (here, there) = (bars(&shown), bars(run));
    assert_eq!(there.len(), 13, "{run}");
    // The article's stands among them wherever it is run.
    assert!(shown.contains("254,880  elsewhere "), "{shown}");
    // Pages of another size have another label.
    if here.contains(&"4096 B".to_string()) {
        assert_eq!(here, there, "{shown}");
    } else {
        println!("skipped: pages have another size here");
        assert_eq!(here.len(), there.len(), "{shown}");
    }
    if !shown.contains("left out") {
        let text = |shown: &str| {
            let lines = shown.lines().filter(|line| {
                let of_this_run = ["debug build", "?:", "Each bar: ", "chart"];
                !of_this_run.iter().any(|word| line.contains(word))
            });
            words(&lines.collect::<Vec<_>>().join("\n")).join(" ")
        };
        assert_eq!(text(&shown), text(run));
    }
}

/// A stream of `numbers`, each in a payload of 16 bytes, and then `last`.
fn stream(numbers: &[u64], last: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut frames = FrameWriter::new(&mut bytes);
    for number in numbers {
        let mut payload = [0; 16];
        payload[..8].copy_from_slice(&number.to_le_bytes());
        get(frames.send(&payload), "send");
    }
    get(frames.send(last), "send");
    bytes
}

#[test]
fn a_message_that_is_lost_or_doubled_or_swapped_or_cut_is_told() {
    let arrives = |bytes: &[u8]| {
        let answer = arrived::all(&mut FrameReader::new(bytes), 16);
        answer.map_err(|stop| stop.to_string())
    };
    let three = 3_u64.to_le_bytes();
    let right = stream(&[0, 1, 2], &three);
    assert_eq!(arrives(&right), Ok(3));
    assert_eq!(arrives(&stream(&[], &0_u64.to_le_bytes())), Ok(0));
    let wrong = |bytes: &[u8], why: &str| match arrives(bytes) {
        Err(told) => assert!(told.contains(why), "{told}: not {why}"),
        Ok(count) => panic!("{count} messages, and not {why}"),
    };
    wrong(&stream(&[0, 2], &three), "message 1: another one came");
    wrong(&stream(&[0, 0, 1], &three), "message 1: another one came");
    wrong(&stream(&[0, 2, 1], &three), "message 1: another one came");
    // The last one is lost, and only the count can say so.
    wrong(&stream(&[0, 1], &three), "message 2: another one came");
    wrong(&stream(&[0, 1, 2, 3], &three), "message 4: another one came");
    wrong(&stream(&[0, 1], &[2; 4]), "message 2: another one came");
    let mut longer = 2_u64.to_le_bytes().to_vec();
    longer.push(0);
    wrong(&stream(&[0, 1], &longer), "message 2: it has another length");
    let whole = right.len() - 12;
    wrong(&right[..whole], "message 3: the end of file came before");
    wrong(&right[..right.len() - 1], "ended inside a frame");
    wrong(&[&right[..], &right[..]].concat(), "comes the end of file");
}

#[test]
fn a_figure_has_three_digits_and_a_wide_one_is_not_to_be_relied_on() {
    use shared::rounds::Quartiles;

    let words =
        [1_234_567.0, 40_866_246.0, 999_900.0, 8_730.4, 95.0].map(in_words);
    assert_eq!(words, ["1,230,000", "40,900,000", "1,000,000", "8,730", "95"]);
    assert_eq!(in_words(ARTICLE.rate), "254,880");
    let told = [ARTICLE.label, ARTICLE.why, ARTICLE.note, figure::UNSURE];
    assert!(told.iter().all(|text| !text.is_empty()));

    let rounds = |rounds: &[f64]| Quartiles::of(rounds.to_vec());
    let near = rounds(&[5.0, 1.0, 4.9, 5.1, 99.0]);
    assert!(near == Quartiles { low: 4.9, median: 5.0, high: 5.1 });
    assert!(!near.unsure());
    assert!(rounds(&[1.0, 2.0, 3.0, 4.0, 5.0]).unsure());
}

#[test]
fn the_bars_have_manners() {
    let path = Program::example("message_rate").path();
    demo::answers_its_command_line(&path, "message_rate");
    demo::needs_a_terminal_for_step(&path);
    demo::ends_quietly_without_a_reader(&path);
    // While a message may be under way: both programs end, and no FIFO stays.
    let stopped = Program::new(&path).run_until(5, Signal::SIGTERM);
    assert_eq!(stopped.shell_status(), 143, "{stopped:?}");
}

#[test]
fn the_other_program_alone_says_what_it_needs() {
    let path = Program::example("message_rate").path();
    for (words, why) in [
        (&["partner"][..], "THERE is missing"),
        (&["partner", "a", "b", "fast", "16", "1"], "HOW is one of"),
        (&["partner", "a", "b", "gathered", "8", "1"], "BYTES is 9 or more"),
        (&["partner", "--svg", "x"], "unexpected \"--svg\""),
        (&["--svg"], "missing argument for option '--svg'"),
    ] {
        let _ = Program::new(&path).args(words).run().refused(2, &[why]);
    }
    let words = ["partner", "/nowhere/a", "b", "gathered", "16", "1"];
    let nowhere = Program::new(&path).args(&words).run();
    let _ = nowhere.refused(1, &["open /nowhere/a: ENOENT"]);
}

/// Where there is one CPU, or no choice, or no larger pipe, its bars are left
/// out, and the others stay.
#[cfg(target_os = "linux")]
#[test]
fn what_is_not_to_be_had_is_said_and_the_other_bars_stay() {
    use nix::errno::Errno::EPERM;
    use nix::libc::{self, F_SETPIPE_SZ};
    use shared::pin;

    let free = quick().refusing(libc::SYS_sched_setaffinity, &[], EPERM);
    // Whichever number the end has.
    let small = (3..9).fold(quick(), |program, fd| {
        program.refusing(libc::SYS_fcntl, &[fd, F_SETPIPE_SZ], EPERM)
    });
    // A thread of its own: what it starts stays on its CPU.
    let alone = std::thread::scope(|scope| {
        let alone = scope.spawn(|| {
            let cpu = pin::allowed().first().copied();
            assert_eq!(cpu.map(pin::to), Some(Ok(())));
            quick().run().well().stdout
        });
        alone.join().unwrap_or_default()
    });
    let [free, small] =
        Program::run_all([free, small]).map(|ended| ended.well().stdout);

    let why = "left out: this machine lets it use one CPU only";
    assert_eq!(alone.matches(why).count(), 5, "{alone}");
    assert!(free.contains("They run anywhere: sched_setaff"), "{free}");
    assert_eq!(free.matches("left out: ").count(), 5, "{free}");
    let why = "1 MiB pipe   left out: ";
    assert!(small.contains(why), "{small}");
    for shown in [alone, free, small] {
        assert_eq!(bars(&shown).len(), 13, "{shown}");
    }
}
