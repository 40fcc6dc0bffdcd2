//! What the server does while clients come and go.

use std::fs;
use std::io::Write;

use harness::{Program, get, quoted};
use nix::sys::signal::Signal;
#[cfg(target_os = "linux")]
use {
    harness::experiment::becomes, nix::sys::signal::kill, nix::unistd::Pid,
    shared::observe::hang, std::os::unix::process::ExitStatusExt,
};

use super::{DEMO, ends_when_told, frames_to, messages, opened, serving};

/// [NU-38] The end of file is one client's, not the FIFO's.
#[test]
fn a_fifo_outlives_the_clients_that_come_and_go() {
    let (mut server, path) = serving();
    for number in 1..=20 {
        let mut frames = frames_to(&path);
        get(frames.send(format!("client {number}").as_bytes()), "send");
        drop(frames);
        server.shows(&format!("{number}: \"client {number}\""), 1);
        server.shows("the last client has left [eof]", number);
    }
    let shown = ends_when_told(server, &path);
    assert_eq!(messages(&shown).len(), 21, "{shown}");
}

/// [NU-43] Without a client, after one, beside a silent one, and in the
/// middle of a frame: the server sleeps in poll.
#[cfg(target_os = "linux")]
#[test]
fn a_server_that_opens_anew_after_an_end_of_file_does_not_spin() {
    let (mut server, path) = serving();
    let process = server.process();
    let waits = |when: &str| {
        let why = hang::explain(process, &[]).to_string();
        assert!(hang::is_stuck(process), "{when}: {why}");
    };
    waits("before the first client");
    drop(opened(&path));
    server.shows("the last client has left [eof]", 1);
    waits("after a client");
    let mut client = opened(&path);
    waits("beside a silent client");
    get(client.write_all(b"\x04\0"), "write");
    waits("in the middle of a header");
    get(client.write_all(b"\0\0pi"), "write");
    waits("in the middle of a payload");
    get(client.write_all(b"ng"), "write");
    server.shows("1: \"ping\"", 1);
    drop(client);
    let _ = ends_when_told(server, &path);
}

/// read tells the three apart where poll reports nothing: 0 if nobody is
/// there, EAGAIN if somebody is.
#[test]
fn a_silent_client_is_not_nobody() {
    let ((mut alone, _), (mut silent, to_silent), (mut half, to_half)) =
        (serving(), serving(), serving());
    let _client = opened(&to_silent);
    let mut torn = opened(&to_half);
    get(torn.write_all(b"\x04\0"), "write");
    alone.shows("2 s of silence: nobody is there", 1);
    silent.shows("2 s of silence: a client is there", 1);
    half.shows("2 s of silence: a client is inside a frame, 2 bytes of", 1);
    for server in [alone, silent, half] {
        server.send(Signal::SIGTERM);
        assert_eq!(server.ends().shell_status(), 143);
    }
}

#[test]
fn a_signal_ends_the_server_and_removes_its_fifo() {
    for (signal, status) in
        [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 129)]
    {
        let (server, path) = serving();
        server.send(signal);
        let ended = server.ends();
        assert_eq!((ended.shell_status(), ended.stderr.as_str()), (status, ""));
        let last = format!("{signal}: the FIFO is removed, and I leave.");
        assert!(ended.stdout.contains(&last), "{ended:?}");
        assert!(!path.exists());
    }
}

/// While it is stopped, so that it comes to the signal first.
#[test]
fn a_server_does_not_say_that_it_removed_what_somebody_else_has_removed() {
    let (server, path) = serving();
    server.send(Signal::SIGSTOP);
    get(std::fs::remove_file(&path), "unlink");
    server.send(Signal::SIGTERM);
    server.send(Signal::SIGCONT);
    let ended = server.ends();
    assert_eq!(ended.shell_status(), 143);
    assert!(ended.stdout.contains("removing the FIFO: ENOENT"), "{ended:?}");
    assert!(!ended.stdout.contains("is removed"), "{ended:?}");
}

/// Each line is a moment between two calls. What is left of the home is
/// looked at by the harness.
#[test]
fn a_signal_just_before_poll_is_not_lost() {
    for line in 0..=3 {
        let server = Program::new(DEMO).arg("server");
        let ended = server.run_until(line, Signal::SIGTERM);
        assert_eq!(ended.shell_status(), 143, "{ended:?}");
    }
}

/// A shell without job control starts what ends in `&` with SIGINT ignored;
/// nohup ignores SIGHUP, and means it.
#[test]
fn sigint_ends_a_server_that_was_started_with_sigint_ignored() {
    let start = |ignored: &str| {
        let script = format!("trap '' {ignored}; exec {} server", quoted(DEMO));
        let mut server = Program::new("sh").args(&["-c", &script]).starts();
        server.shows("I wait for clients", 1);
        server
    };
    let server = start("INT");
    server.send(Signal::SIGINT);
    assert_eq!(server.ends().shell_status(), 130);
    let mut server = start("HUP");
    server.send(Signal::SIGHUP);
    let client = Program::new(DEMO).args(&["client", "--stdin"]).input("Ada\n");
    let _ = client.in_home_of(&server).run().well();
    server.shows("1: \"Ada\"", 1);
    server.send(Signal::SIGTERM);
    assert_eq!(server.ends().shell_status(), 143);
}

/// Whoever removes the name cuts the server off. What has the name by then is
/// not the server's, and stays.
#[test]
fn a_server_whose_name_is_taken_away_says_so_and_removes_nothing() {
    let elsewhere = Program::new("true");
    let path = elsewhere.temporary().join("fifo");
    let cut_off = || {
        let _ = fs::remove_file(&path);
        let mut server = Program::new(DEMO).arg("server").arg(&path).starts();
        server.shows("I wait for clients", 1);
        get(fs::remove_file(&path), "rm");
        get(fs::write(&path, "precious"), "write");
        server
    };
    let kept = || fs::read_to_string(&path).is_ok_and(|it| it == "precious");
    for (signal, status) in [(Signal::SIGTERM, 143), (Signal::SIGQUIT, 131)] {
        let server = cut_off();
        server.send(signal);
        assert_eq!(server.ends().shell_status(), status);
        assert!(kept());
    }
    let _ = cut_off().ends().refused(1, &["lstat ", "no client can come"]);
    assert!(kept());
}

/// `server | head -1`: nobody will ever hear it again.
#[test]
fn a_server_whose_words_nobody_reads_ends_quietly() {
    let script = format!("{} server | head -1", quoted(DEMO));
    let ended = Program::new("sh").args(&["-c", &script]).run().well();
    assert_eq!(ended.stdout.lines().count(), 1);
    let script = format!("{} client --wait | head -1", quoted(DEMO));
    let ended = Program::new("sh").args(&["-c", &script]).run().well();
    assert!(ended.stdout.contains("waiting for "), "{ended:?}");
}

/// A full pipe stops who prints into it, and a signal still ends it: `| less`
/// reads a screen, and no more.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_reaches_a_server_whose_output_is_full() {
    use harness::pipes::capacity;

    let home = Program::new("true");
    let path = home.temporary().join("fifo");
    let (read_end, write_end) = get(std::io::pipe(), "pipe");
    let room = capacity(&read_end);
    let mut server = std::process::Command::new(DEMO);
    let server = server.arg("server").arg(&path).stdout(write_end);
    let mut server = get(server.spawn(), DEMO);
    assert!(becomes(|| path.exists()), "no FIFO");
    let client = Program::new(DEMO).arg("client").arg(&path);
    let client = client.args(&["--stdin", "--wait"]);
    // More lines than fit into standard output, fewer bytes than the FIFO and
    // the reader's buffer take: the client is not held up.
    let _ = client.input("message\n".repeat(room / 15)).run().well();
    let server_number = Pid::from_raw(server.id().cast_signed());
    assert!(hang::is_stuck(server_number), "it waits for room");
    get(kill(server_number, Signal::SIGTERM), "kill");
    let status = get(server.wait(), "wait");
    assert_eq!(status.signal(), Some(15));
    assert!(!path.exists());
    drop(read_end);
}

/// The new FIFO is made where no name is taken, however long the name is that
/// it gets.
#[test]
fn no_name_beside_the_fifo_is_in_the_way_of_a_new_one() {
    let home = Program::new("true");
    let path = home.temporary().join("x".repeat(255));
    let mut server = Program::new(DEMO).arg("server").arg(&path).starts();
    server.shows("I wait for clients", 1);
    for round in 1..=3 {
        get(opened(&path).write_all(b"\xff\xff\xff\xff"), "write");
        server.shows("gets EPIPE", round);
    }
    let _ = ends_when_told(server, &path);
    assert_eq!(get(fs::read_dir(home.temporary()), "ls").count(), 0);
}

/// After an end of file the FIFO is opened by its name, again.
#[test]
fn a_server_opens_no_other_fifo_that_has_its_name_by_now() {
    let home = Program::new("true");
    let path = home.temporary().join("fifo");
    for stranger in [false, true] {
        let mut server = Program::new(DEMO).arg("server").arg(&path).starts();
        server.shows("I wait for clients", 1);
        let client = opened(&path);
        get(fs::remove_file(&path), "rm");
        if stranger {
            let mode = nix::sys::stat::Mode::S_IRWXU;
            get(nix::unistd::mkfifo(&path, mode), "mkfifo");
        }
        drop(client);
        let told = server.ends();
        let _ = told.refused(1, &["lstat ", "no client can come any more"]);
        assert_eq!(path.exists(), stranger, "it removes nothing");
    }
}
