//! Real terminals: what a person types, and sees.

use harness::{Program, Terminal, demo, quoted};

use super::{DEMO, messages, serving};

/// A shell with job control, on a terminal of its own.
fn shell() -> Terminal {
    let words = ["--norc", "--noprofile", "-i"];
    Terminal::start_with("bash", &words, 80, &[("PS1", "$ ")])
}

/// A server on a terminal, and the path of its FIFO.
fn server_on_a_terminal(columns: u16) -> (Terminal, Program, String) {
    let home = Program::new("true");
    let path = home.temporary().join("fifo").display().to_string();
    let mut terminal = Terminal::start(DEMO, &["server", &path], columns);
    terminal.shows("I wait for clients", 1);
    (terminal, home, path)
}

/// Names are asked for; Ctrl-D, the end of file that a terminal gives, is the
/// end.
#[test]
fn on_a_terminal_each_name_becomes_a_greeting() {
    let (mut server, path) = serving();
    let words = ["client", &path.display().to_string(), "--stdin"];
    let mut client = Terminal::start(DEMO, &words, 80);
    for (number, name) in ["Ada", "", "Dennis R."].iter().enumerate() {
        client.shows("Enter a name: ", number + 1);
        client.types(&format!("{name}\n"));
        let greeting = format!("{}: \"Hello {name}!\"", number + 1);
        server.shows(&greeting, 1);
    }
    client.shows("Enter a name: ", 4);
    client.types("\x04");
    let (shown, status) = client.ends();
    assert_eq!(status, 0, "{shown}");
    server.shows("the last client has left [eof]", 1);

    // Ctrl-C ends a client, and leaves the server. The client sends a name
    // first: one that comes and goes without a word, while the server opens
    // anew, is not noticed.
    let mut client = Terminal::start(DEMO, &words, 80);
    client.shows("Enter a name: ", 1);
    client.types("Grace\n");
    client.shows("Enter a name: ", 2);
    client.types("Gr\x03");
    assert_eq!(client.ends().1, 130);
    server.shows("the last client has left [eof]", 2);

    // A server that leaves while a name is waited for: the sentence begins on
    // a line of its own.
    let mut client = Terminal::start(DEMO, &words, 80);
    client.shows("Enter a name: ", 1);
    let _ = super::ends_when_told(server, &path);
    let (shown, status) = client.ends();
    let shown = demo::without_colour(&shown);
    let mut lines = shown.lines().map(str::trim);
    let told = lines.any(|line| line.starts_with("named-pipe-uni: poll: "));
    assert!(status == 1 && told, "{status} {shown:?}");
}

#[test]
fn ctrl_c_ends_the_server_on_its_terminal() {
    let (mut server, _home, path) = server_on_a_terminal(80);
    server.types("\x03");
    let (shown, status) = server.ends();
    assert_eq!(status, 130, "{shown}");
    assert!(!std::fs::exists(path).is_ok_and(|there| there));
}

/// SIGHUP is what a closed window sends.
#[test]
fn a_closed_window_ends_the_server_and_removes_its_fifo() {
    let (server, _home, path) = server_on_a_terminal(80);
    assert_eq!(server.closes(), 129);
    assert!(!std::fs::exists(path).is_ok_and(|there| there));
    let (server, path) = serving();
    let words = ["client", &path.display().to_string(), "--stdin"];
    let mut client = Terminal::start(DEMO, &words, 80);
    client.shows("Enter a name: ", 1);
    // A read may answer EIO a moment before the signal comes.
    let status = client.closes();
    assert!(matches!(status, 129 | 1), "{status}");
    let _ = super::ends_when_told(server, &path);
}

/// Ctrl-Z stops a server, and its pipe keeps what comes; fg goes on with it.
#[test]
fn a_stopped_server_finds_its_messages_when_it_goes_on() {
    let home = Program::new("true");
    let path = home.temporary().join("fifo");
    let mut terminal = shell();
    terminal.shows("$ ", 1);
    let (demo, place) = (quoted(DEMO), path.display());
    terminal.types(&format!("{demo} server {place}\n"));
    terminal.shows("I wait for clients", 1);
    terminal.types("\x1a");
    terminal.shows("Stopped", 1);
    let client = Program::new(DEMO).arg("client").arg(&path).arg("--stdin");
    let _ = client.input("while you were away\n").run().well();
    assert!(!terminal.shown().contains("away"));
    terminal.types("fg\n");
    terminal.shows("1: \"while you were away\"", 1);
    terminal.types("\x03");
    terminal.shows("the FIFO is removed, and I leave.", 1);
    terminal.types("echo status $?\n");
    terminal.shows("status 130", 1);
    terminal.types("exit\n");
    assert_eq!(terminal.ends().1, 0);
}

/// Ctrl-Z stops a client at its question, too.
#[test]
fn a_stopped_client_goes_on_with_its_question() {
    let (mut server, path) = serving();
    let mut terminal = shell();
    terminal.shows("$ ", 1);
    let (demo, place) = (quoted(DEMO), path.display());
    terminal.types(&format!("{demo} client {place} --stdin\n"));
    terminal.shows("Enter a name: ", 1);
    terminal.types("\x1a");
    terminal.shows("Stopped", 1);
    terminal.types("fg\n");
    terminal.shows("--stdin\r\n", 3);
    terminal.types("Ada\n");
    server.shows("1: \"Hello Ada!\"", 1);
    terminal.types("\x04");
    terminal.types("exit\n");
    let _ = terminal.ends();
    let _ = super::ends_when_told(server, &path);
}

/// Its own words fit a narrow terminal; a message is shown as it is.
#[test]
fn the_server_fits_a_narrow_terminal() {
    for columns in [60, 80] {
        let (mut server, _home, path) = server_on_a_terminal(columns);
        let path = std::path::Path::new(&path);
        let mut client = super::opened(path);
        let garbage = b"\xff\xff\xff\xff";
        harness::get(std::io::Write::write_all(&mut client, garbage), "write");
        drop(client);
        server.shows("EPIPE", 1);
        let mut frames = super::frames_to(path);
        harness::get(frames.send(b"\x1b[31mred"), "send");
        harness::get(frames.send(b"end"), "send");
        drop(frames);
        let (shown, status) = server.ends();
        assert_eq!(status, 0, "{shown}");
        assert!(!shown.contains("\x1b[31mred"), "{shown:?}");
        let shown = demo::without_colour(&shown);
        for line in shown.lines().filter(|line| !line.contains("FIFO /")) {
            let width = line.chars().count();
            assert!(width <= usize::from(columns), "{line:?}");
        }
        assert_eq!(messages(&shown).len(), 2);
    }
}
