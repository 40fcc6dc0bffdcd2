//! One input for two commands, as the starter in exercises asks for it.

use std::fs::{self, File};
use std::io::Write;

use harness::exercise::Exercise;
use harness::{Home, Outcome, Program, get};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use shared::observe::hang;

const FEED_BOTH: Exercise = harness::exercise!("feed_both");

/// More than two pipes hold, and no two lines alike: what is lost, or is there
/// twice, shows.
fn numbers() -> String {
    let mut lines = String::new();
    for number in 0..300_000 {
        lines += &number.to_string();
        lines.push('\n');
    }
    lines
}

/// `feed_both` with two commands, each a line of shell.
fn feed_both(program: &str, first: &str, second: &str) -> Program {
    let words = ["sh", "-c", first, "and", "sh", "-c", second];
    Program::new(program).args(&words)
}

/// A home with a FIFO in it: at the gate a command waits until somebody writes
/// a line.
fn home_with_a_gate() -> Home {
    let home = Home::fresh();
    let gate = home.path().join("gate");
    get(mkfifo(&gate, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
    home
}

/// The gate for a test to write to. It is opened for reading, too: so the open
/// waits for nobody.
fn gate_of(home: &Home) -> File {
    let gate = home.path().join("gate");
    get(File::options().read(true).write(true).open(gate), "open")
}

fn sorted(ended: &Outcome) -> Vec<&str> {
    let mut lines: Vec<_> = ended.stdout.lines().map(str::trim).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn each_command_gets_every_byte() {
    FEED_BOTH.check(|program| {
        let home = Home::fresh();
        let [one, two] = ["cat > $TMPDIR/one", "cat > $TMPDIR/two"];
        let both = feed_both(program, one, two).in_home_of(&home);
        let _ = both.input(numbers()).run().well();
        for name in ["one", "two"] {
            let got = get(fs::read_to_string(home.path().join(name)), name);
            assert!(got == numbers(), "{name} got {} bytes", got.len());
        }
    });
}

/// One command waits for the end of the input, and the other one for that.
/// Whoever keeps a write end of the first one's pipe keeps both waiting.
#[test]
fn each_command_sees_the_end_though_the_other_goes_on() {
    FEED_BOTH.check(|program| {
        let ends = "wc -c; echo > $TMPDIR/gate";
        let goes_on = "wc -c; read -r line < $TMPDIR/gate";
        for [first, second] in [[ends, goes_on], [goes_on, ends]] {
            let home = home_with_a_gate();
            let both = feed_both(program, first, second).in_home_of(&home);
            let ended = both.input("hello").run().well();
            assert_eq!(sorted(&ended), ["5", "5"], "{first} and {second}");
        }
    });
}

/// Whoever keeps a read end of a pipe that nobody reads fills that pipe.
#[test]
fn a_command_that_leaves_does_not_disturb_the_other() {
    FEED_BOTH.check(|program| {
        let [leaves, stays] = ["head -n 1", "wc -l"];
        for [first, second] in [[leaves, stays], [stays, leaves]] {
            let both = feed_both(program, first, second);
            let ended = both.input(numbers()).run().well();
            assert_eq!(sorted(&ended), ["0", "300000"], "{first} and {second}");
        }
    });
}

/// As in each pipeline: the producer learns that it writes for nobody.
#[test]
fn when_both_commands_leave_the_producer_is_told() {
    FEED_BOTH.check(|program| {
        let producer = "(echo first; exec seq 9999999)";
        let program = harness::quoted(program);
        let both = format!("{program} head -n 1 and head -n 1");
        let line = format!("{producer} | {both}; echo \"${{PIPESTATUS[@]}}\"");
        let ended = Program::new("bash").args(&["-c", &line]).run().well();
        // 141 is 128 + 13: seq died of SIGPIPE.
        assert_eq!(ended.stdout, "first\nfirst\n141 0\n");
    });
}

#[test]
fn it_waits_for_both_and_answers_for_the_second() {
    FEED_BOTH.check(|program| {
        let home = home_with_a_gate();
        let mut gate = gate_of(&home);
        let first = "read -r line < $TMPDIR/gate; exit 4";
        for (ends, status) in [("exit 3", 3), ("kill -9 $$", 137)] {
            let second = format!("echo done; {ends}");
            let both = feed_both(program, first, &second).in_home_of(&home);
            let mut both = both.input("").starts();
            both.shows("done", 1);
            let waits = hang::is_stuck(both.process());
            assert!(waits, "the first command is not waited for");
            get(gate.write_all(b"go\n"), "write");
            assert_eq!(both.ends().shell_status(), status, "{ends}");
        }
        let ended = feed_both(program, "exit 3", "exit 0").run();
        assert_eq!(ended.shell_status(), 0, "{ended:?}");
    });
}

/// The first command does not read yet. Its pipe has one byte already, so of
/// as many as a pipe holds a part goes in, and the rest waits for room. A stop
/// ends that write: it answers how large the part was.
#[cfg(target_os = "linux")]
#[test]
fn a_stop_in_the_middle_of_a_write_loses_no_byte() {
    use std::io::pipe;
    use std::process::Stdio;

    use harness::Signal;
    use harness::experiment::becomes;
    use harness::pipes::{capacity, waiting};
    use shared::observe::proc;

    FEED_BOTH.check(|program| {
        let home = home_with_a_gate();
        let mut gate = gate_of(&home);
        let one = "read -r line < $TMPDIR/gate; cat > $TMPDIR/one";
        let two = "cat > $TMPDIR/two";
        let both = feed_both(program, one, two).in_home_of(&home);
        let (input, mut keyboard) = get(pipe(), "pipe");
        let watched = get(input.try_clone(), "dup");
        let both = both.start_between(input, Stdio::null());
        let process = both.process();
        let much = &numbers()[..=capacity(&watched)];
        get(keyboard.write_all(&much.as_bytes()[..1]), "write");
        assert!(becomes(|| waiting(&watched) == 0), "nobody reads");
        get(keyboard.write_all(&much.as_bytes()[1..]), "write");
        assert!(hang::is_stuck(process), "a pipe is full, and nobody waits");
        let stopped = || {
            let doing = proc::doing(process.as_raw());
            doing.is_some_and(|doing| doing.state == 'T')
        };
        both.send(Signal::SIGSTOP);
        assert!(becomes(stopped), "it stops");
        both.send(Signal::SIGCONT);
        assert!(becomes(|| !stopped()), "it goes on");
        get(gate.write_all(b"go\n"), "write");
        drop((keyboard, watched));
        assert_eq!(both.ends(), 0);
        for name in ["one", "two"] {
            let got = get(fs::read_to_string(home.path().join(name)), name);
            assert!(got == much, "{name} got {} bytes", got.len());
        }
    });
}
