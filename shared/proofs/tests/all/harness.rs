//! The harness itself: what the tests of this course see programs with.

use harness::{Program, Signal, Terminal};

/// A shell as a person has it, but for the person's own settings.
fn shell() -> Terminal {
    let words = ["--norc", "--noprofile", "--noediting", "-i"];
    Terminal::start_with("bash", &words, 80, &[("PS1", "$ ")])
}

#[test]
fn a_job_that_ctrl_z_stopped_goes_on_with_fg() {
    let mut shell = shell();
    shell.shows("$ ", 1);
    shell.types("cat\n");
    // The terminal shows what is typed, then cat repeats it.
    shell.types("one\n");
    shell.shows("one\r\n", 2);
    shell.types("\x1a");
    shell.shows("Stopped", 1);
    shell.shows("$ ", 2);
    shell.types("fg\n");
    shell.types("two\n");
    shell.shows("two\r\n", 2);
    shell.types("\x04");
    shell.shows("$ ", 3);
    shell.types("exit 3\n");
    assert_eq!(shell.ends().1, 3);
}

#[test]
fn a_closed_window_hangs_up_on_the_program() {
    let script = "echo at work; exec sleep 1000";
    let mut terminal = Terminal::start("sh", &["-c", script], 80);
    terminal.shows("at work", 1);
    assert_eq!(terminal.closes(), 128 + 1);
    let script = "trap 'kill $!; exit 7' HUP
                  sleep 1000 & echo at work; wait";
    let mut terminal = Terminal::start("sh", &["-c", script], 80);
    terminal.shows("at work", 1);
    assert_eq!(terminal.closes(), 7);
}

/// The shell passes SIGHUP on to its jobs, the stopped one too.
#[test]
fn a_closed_window_ends_a_shell_with_all_its_jobs() {
    let mut shell = shell();
    shell.shows("$ ", 1);
    shell.types("sleep 1000 &\n");
    shell.shows("$ ", 2);
    shell.types("cat\n");
    shell.types("one\n");
    shell.shows("one\r\n", 2);
    shell.types("\x1a");
    shell.shows("$ ", 3);
    // While this has the terminal, the shell does not read from it.
    shell.types("sh -c 'echo at work; exec sleep 1000'\n");
    shell.shows("at work\r\n", 1);
    assert_eq!(shell.closes(), 128 + 1);
}

#[test]
fn a_session_answers_while_it_is_at_work() {
    let mut cat = Program::new("cat").starts();
    for round in 1..=3 {
        cat.types(b"ping\n");
        cat.shows("ping\n", round);
    }
    cat.end_of_input();
    assert_eq!(cat.shown(), "ping\nping\nping\n");
    assert_eq!(cat.ends().well().stdout, "ping\nping\nping\n");
}

#[test]
fn a_letter_that_comes_in_two_pieces_is_one_letter() {
    let script = "printf 'a\\342\\202'; read line; printf '\\254.'";
    let mut printf = Program::new("sh").args(&["-c", script]).starts();
    printf.shows("a", 1);
    assert_eq!(printf.shown(), "a");
    printf.types(b"\n");
    printf.shows("\u{20ac}.", 1);
    assert_eq!(printf.ends().well().stdout, "a\u{20ac}.");
}

#[test]
fn two_programs_meet_in_one_temporary_directory() {
    let script =
        "echo ping > $TMPDIR/word; echo there; read line; rm $TMPDIR/*";
    let mut server = Program::new("sh").args(&["-c", script]).starts();
    server.shows("there", 1);
    let client = Program::new("sh").args(&["-c", "cat $TMPDIR/word"]);
    let client = client.in_home_of(&server).run().well();
    assert_eq!(client.stdout, "ping\n");
    server.types(b"\n");
    let _ = server.ends().well();
}

/// What a killed program left is there for the next one in its place.
#[test]
#[should_panic(expected = "/word")]
fn who_ends_last_in_a_home_has_to_leave_it_empty() {
    let script = "echo ping > $TMPDIR/word; echo there; read line";
    let mut killed = Program::new("sh").args(&["-c", script]).starts();
    killed.shows("there", 1);
    killed.send(Signal::SIGKILL);
    let next = Program::new("true").in_home_of(&killed);
    assert_eq!(killed.ends().shell_status(), 128 + 9);
    let _ = next.run();
}

#[test]
#[should_panic(expected = "does not show \"pong\"")]
fn what_can_no_longer_be_shown_is_not_waited_for() {
    Program::new("echo").arg("ping").starts().shows("pong", 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_session_that_is_dropped_is_ended_with_its_children() {
    use harness::experiment::becomes;
    use shared::observe::proc;
    let script = "sleep 1000 & echo $!; wait";
    let mut parent = Program::new("sh").args(&["-c", script]).starts();
    parent.shows("\n", 1);
    let child = harness::get(parent.shown().trim().parse(), "a number");
    drop(parent);
    let ended = || proc::doing(child).is_none_or(|doing| doing.state == 'Z');
    assert!(becomes(ended), "{:?}", proc::doing(child));
}
