//! Many writers at one FIFO: that each number of them is there, and that the
//! reader would tell of what is torn or lost. How fast they are depends on the
//! machine.

use harness::{Program, Signal, Terminal, demo, measured, table};

// What is sent, and what the reader holds it against.
#[path = "../../examples/many_writers/message.rs"]
mod message;

use message::{Checker, LONGEST, Source};

const COUNTS: [&str; 7] = ["1", "2", "4", "8", "16", "32", "64"];

fn quick() -> Program {
    Program::example("many_writers").arg("--quick")
}

/// How many writers each row of the table has.
fn points(shown: &str) -> Vec<String> {
    let rows = table::rows(shown).into_iter().skip_while(|row| {
        // Its head; above it stand lines of another kind.
        !row.starts_with("writers | ")
    });
    let first = |row: String| row.split(" | ").next().map(str::to_string);
    rows.skip(1).filter_map(first).collect()
}

#[test]
fn each_number_of_writers_gets_all_its_messages_through() {
    let shown = quick().run().well().stdout;
    assert_eq!(points(&shown), COUNTS, "{shown}");
    assert!(shown.contains("Each arrived: whole, once, and"), "{shown}");
    if cfg!(target_os = "linux") {
        let readme = "named-pipe-uni/README.md";
        let readme = measured::shown_in(readme, "--example many_writers");
        assert_eq!(points(&readme), COUNTS);
        let [readme, shown] =
            [readme, shown].map(|run| measured::without_figures(&run));
        assert_eq!(readme, shown);
    }
}

fn message(writer: u32, number: u32) -> Vec<u8> {
    let mut message = Vec::new();
    Source::new().write(writer, number, &mut message);
    message
}

#[test]
fn a_frame_of_any_message_is_one_write_that_is_never_torn() {
    let (source, mut message) = (Source::new(), Vec::new());
    let lengths = (0..2000).map(|number| {
        source.write(3, number, &mut message);
        message.len()
    });
    let lengths: Vec<_> = lengths.collect();
    assert!(lengths.iter().all(|length| *length <= LONGEST));
    // Nor are they all short.
    assert!(lengths.iter().any(|length| *length > LONGEST - 100));
    assert!(lengths.iter().any(|length| *length < 100));
}

/// Whatever happens to one of many messages, it is told.
#[test]
fn a_message_that_is_torn_or_lost_or_out_of_order_is_told() {
    let mut fine = Checker::new(2, 3);
    let order = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 2), (1, 2)];
    for (writer, number) in order {
        assert!(!fine.is_done());
        assert_eq!(fine.take(&message(writer, number)), Ok(()));
    }
    assert!(fine.is_done());

    let told = |arrives: &[u8]| {
        let mut checker = Checker::new(2, 3);
        assert_eq!(checker.take(&message(1, 0)), Ok(()));
        checker.take(arrives).err().unwrap_or_default()
    };
    assert_eq!(told(&message(1, 1)), "");
    // Lost, come twice, and come too early.
    assert_eq!(
        told(&message(1, 2)),
        "writer 1: message 2 comes where 1 is due"
    );
    assert_eq!(
        told(&message(1, 0)),
        "writer 1: message 0 comes where 1 is due"
    );
    assert_eq!(
        told(&message(0, 1)),
        "writer 0: message 1 comes where 0 is due"
    );
    assert_eq!(told(&message(2, 0)), "writer 2 is nobody");
    assert_eq!(told(b"x"), "1 bytes are no message");
    // Torn: with the tail of another writer's, cut, too long, or with a byte
    // that is not its own, wherever that is.
    let torn = "writer 0: message 0 is torn";
    let (ours, theirs) = (message(0, 0), message(1, 1));
    let half = ours.len().min(theirs.len()) / 2;
    assert!(half > 100, "these two are long enough to be torn");
    assert_eq!(told(&[&ours[..half], &theirs[half..]].concat()), torn);
    assert_eq!(told(&ours[..ours.len() - 1]), torn);
    assert_eq!(told(&[&ours[..], b"x"].concat()), torn);
    let mut checker = Checker::new(2, 3);
    for at in 8..ours.len() {
        let mut wrong = ours.clone();
        wrong[at] ^= 1;
        assert_eq!(checker.take(&wrong), Err(torn.to_string()), "{at}");
    }
    // What was refused does not count.
    assert_eq!(checker.take(&ours), Ok(()));
}

/// A writer whose writes take nothing says so, and ends. The reader does not
/// take that for a writer without messages.
#[cfg(target_os = "linux")]
#[test]
fn a_writer_that_cannot_write_is_told() {
    let deaf = quick().without(nix::libc::SYS_write, &[3]);
    let told = deaf.run();
    assert_eq!(told.shell_status(), 1, "{told:?}");
    let [writer, reader] = told.stderr.lines().collect::<Vec<_>>()[..] else {
        panic!("a sentence of each: {told:?}");
    };
    assert!(writer.starts_with("many_writers: send: "), "{writer}");
    assert!(reader.ends_with("says that a writer is here"), "{reader}");
}

#[test]
fn many_writers_have_manners() {
    let path = Program::example("many_writers").path();
    demo::answers_its_command_line(&path, "many_writers");
    demo::needs_a_terminal_for_step(&path);
    demo::ends_quietly_without_a_reader(&path);
    let wrong = ["writer", "x", "1", "y"];
    let _ = Program::new(&path).args(&wrong).run().refused(2, &["numbers"]);
}

/// Also while 64 of them are there. A program ends for a test when nobody
/// holds its output any more: so none of them is left.
#[test]
fn no_writer_is_left_when_the_reader_is_stopped() {
    let path = Program::example("many_writers").path();
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let mut terminal = Terminal::start(&path, &["--quick"], 60);
        terminal.shows("round 1 of 1: 64", 1);
        terminal.send(signal);
        let (shown, status) = terminal.ends();
        // It may have been a little faster.
        assert!([0, 128 + signal as i32].contains(&status), "{shown}");
        for line in demo::without_colour(&shown).split(['\r', '\n']) {
            assert!(line.chars().count() <= 60, "{line:?}");
        }
    }
}

/// Two CPUs are two, or it is said that there is one.
#[test]
fn on_two_cpus_or_not_at_all() {
    let two = quick().arg("--two-cpus").run();
    if shared::pin::allowed().len() > 1 {
        let shown = two.well().stdout;
        assert!(shown.contains("All writers on CPU "), "{shown}");
        assert_eq!(points(&shown), COUNTS, "{shown}");
    } else if cfg!(target_os = "linux") {
        let _ = two.refused(1, &["--two-cpus: this process may use ["]);
    }
}
