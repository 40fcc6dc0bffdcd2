//! Conversations in two terminals, as the lesson shows them: typed, and held
//! equal, line by line. Silences may come at any time.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;

use harness::transcript::workspace;
use harness::{Program, Terminal, demo, get};

/// Every block of a lesson that is marked as two terminals.
fn conversations(lesson: &str) -> Vec<String> {
    let path = workspace().join(lesson).join("README.md");
    let text = get(fs::read_to_string(&path), path.display());
    let blocks = text.split("```terminals\n").skip(1);
    let block = |block: &str| block.split("```").next().map(str::to_string);
    blocks.filter_map(block).collect()
}

/// A shell with job control in `home`, in which `cargo run` starts what is
/// built already.
fn shell(home: &Path, columns: u16) -> Terminal {
    let built = harness::quoted(Program::new("true").built());
    let rc = home.join("rc");
    // The shell makes its cargo itself: a file that a test has written may
    // still be open, in a program that another test is starting, and nobody
    // can run it then.
    let lines = format!(
        "cd '{0}'; PATH='{0}':$PATH; PS1='$ '\n\
         cat > cargo.$$ <<'.'\n\
         #!/bin/sh\n\
         [ \"$1 $2 $3\" = 'run -q -p' ] || exit 2\n\
         name=$4; shift 4\n\
         exec {built}/\"$name\" \"$@\"\n\
         .\n\
         chmod 755 cargo.$$; mv cargo.$$ cargo\n",
        home.display()
    );
    get(fs::write(&rc, lines), "write the rc file");
    let (rc, tmp) = (rc.to_string_lossy(), home.to_string_lossy());
    let words = ["--noprofile", "--rcfile", &rc, "-i"];
    let variables = [("TMPDIR", &*tmp), ("NO_COLOR", "1")];
    let mut shell = Terminal::start_with("bash", &words, columns, &variables);
    let _ = shell.shows_next("$ ");
    shell
}

/// One of the two terminals.
struct Pane {
    terminal: Terminal,
    /// A program has it, and the prompt is still to come.
    busy: bool,
    /// The lesson leaves something out here: `...`.
    more: bool,
}

impl Pane {
    fn new(home: &Path, columns: u16) -> Self {
        let terminal = shell(home, columns);
        Self { terminal, busy: false, more: false }
    }

    /// Waits for `text`, and sees to it that nothing was shown before it that
    /// the lesson does not show.
    fn shows(&mut self, text: &str) {
        let before = demo::without_colour(&self.terminal.shows_next(text));
        let mut lines = before.lines().map(str::trim);
        let silent = |line: &str| line.contains(" s of silence: ");
        let fine = |line: &str| ["", "^C", "^Z", "^D"].contains(&line);
        let other = lines.find(|line| !fine(line) && !silent(line));
        assert!(self.more || other.is_none(), "{other:?} before {text:?}");
        self.more = false;
    }

    /// A line to its end. Process numbers differ, and dots stand for more.
    fn shows_line(&mut self, line: &str) {
        let unsaid = [" 4711", " 4712", "..."];
        let said = unsaid.iter().find_map(|end| line.strip_suffix(end));
        self.shows(said.unwrap_or(line).trim_end());
        self.more = line.ends_with("...");
        let rest = self.terminal.shows_next("\r\n");
        let number = rest.trim().parse::<u32>().is_ok() && said.is_some();
        let told = self.more || number || rest.trim().is_empty();
        assert!(told, "{line:?} goes on with {rest:?}");
    }

    fn types(&mut self, line: &str) {
        self.terminal.types(&format!("{line}\n"));
        // The echo.
        let _ = self.terminal.shows_next("\r\n");
    }

    /// `^C`, `^D`, `^Z`.
    fn press(&mut self, key: &str) {
        let code = key.bytes().next().unwrap_or_default() & 0x1f;
        self.terminal.types(&char::from(code).to_string());
    }

    fn takes(&mut self, text: &str) {
        let line = text.trim();
        if let Some(command) = text.strip_prefix("$ ") {
            if self.busy {
                self.shows("$ ");
            }
            self.types(command);
            self.busy = true;
        } else if let Some(key) = line.strip_prefix('^') {
            self.press(key);
        } else if let Some((question, answer)) = line.split_once("name: ") {
            self.shows(&format!("{question}name: "));
            match answer.strip_prefix('^') {
                Some(key) => self.press(key),
                None => self.types(answer),
            }
        } else {
            self.shows_line(line);
        }
    }
}

/// Types what is typed, and waits for what is shown.
fn holds(conversation: &str, columns: u16) {
    let home = Program::new("true");
    let place = format!("{}/named-pipe-uni-", home.temporary().display());
    let place = place + &nix::unistd::geteuid().to_string();
    let conversation = conversation.replace("/tmp/named-pipe-uni-1000", &place);
    let mut panes = [home.temporary(); 2].map(|home| Pane::new(home, columns));
    for line in conversation.lines() {
        match line.split_once("│ ") {
            Some(("1", text)) => panes[0].takes(text),
            Some(("2", text)) => panes[1].takes(text),
            _ => panic!("in which terminal is {line:?}?"),
        }
    }
    for mut pane in panes {
        if pane.busy {
            pane.shows("$ ");
        }
        pane.terminal.types("exit\n");
        let _ = pane.terminal.ends();
    }
    let left = get(fs::read_dir(home.temporary()), "the home");
    let left = left.flatten().map(|entry| entry.file_name());
    let ours = ["rc", "cargo", "ping"];
    let left: Vec<_> = left.filter(|n| ours.iter().all(|o| n != o)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_server_and_its_clients_show_what_the_lesson_shows() {
    let blocks = conversations("named-pipe-uni");
    assert_eq!(blocks.len(), 4);
    holds(&blocks[0], 80);
}

#[test]
fn mkfifo_cat_echo_and_printf_show_what_the_lesson_shows() {
    // The first of them leaves its FIFO to the second.
    holds(&conversations("named-pipe-uni")[1..3].concat(), 80);
}

#[test]
fn ctrl_z_and_fg_show_what_the_lesson_shows() {
    holds(&conversations("named-pipe-uni")[3], 60);
}
