//! Conversations in two terminals, as the lessons show them: typed, and held
//! equal, line by line.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;

use harness::transcript::workspace;
use harness::{Program, Terminal, get};

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
fn shell(home: &Path) -> Terminal {
    let built = Program::new("true").built();
    let rc = home.join("rc");
    let lines = format!(
        "cd '{}'\nPS1='$ '\nHISTFILE=\n\
         cargo() {{\n\
             [ \"$1 $2 $3\" = 'run -q -p' ] || return 2\n\
             local name=$4; shift 4\n\
             \"{built}/$name\" \"$@\"\n\
         }}\n",
        home.display()
    );
    get(fs::write(&rc, lines), "write the rc file");
    let (rc, tmp) = (rc.to_string_lossy(), home.to_string_lossy());
    let words = ["--noprofile", "--rcfile", &rc, "-i"];
    let variables = [("TMPDIR", &*tmp), ("NO_COLOR", "1")];
    let mut shell = Terminal::start_with("bash", &words, 80, &variables);
    shell.shows_next("$ ");
    shell
}

/// Types what is typed, and waits for what is shown.
fn holds(conversation: &str) {
    let home = Program::new("true");
    let mut panes = [home.temporary(); 2].map(shell);
    let place = format!("{}/named-pipe-uni-", home.temporary().display());
    let place = place + &nix::unistd::geteuid().to_string();
    // Whether a program has the pane, and the prompt is still to come.
    let mut busy = [false; 2];
    for line in conversation.lines() {
        let Some((pane, text)) = line.split_once("│ ") else {
            panic!("in which terminal is {line:?}?");
        };
        let at = usize::from(pane == "2");
        let (pane, busy) = (&mut panes[at], &mut busy[at]);
        if let Some(command) = text.strip_prefix("$ ") {
            if *busy {
                pane.shows_next("$ ");
            }
            pane.types(&format!("{command}\n"));
            // Its echo is not its output.
            pane.shows_next("\r\n");
            *busy = true;
        } else if let Some(key) = text.trim_start().strip_prefix('^') {
            press(pane, key);
        } else if let Some((question, answer)) = text.split_once("name: ") {
            pane.shows_next(&format!("{}name: ", question.trim_start()));
            match answer.strip_prefix('^') {
                Some(key) => press(pane, key),
                None => pane.types(&format!("{answer}\n")),
            }
        } else {
            let text = text.trim().replace("/tmp/named-pipe-uni-1000", &place);
            // Process numbers differ, and dots stand for more.
            let unsaid = [" 4711", " 4712", "..."];
            let said = unsaid.iter().find_map(|end| text.strip_suffix(end));
            pane.shows_next(said.unwrap_or(&text).trim_end());
        }
    }
    for (mut pane, busy) in panes.into_iter().zip(busy) {
        if busy {
            pane.shows_next("$ ");
        }
        pane.types("exit\n");
        let _ = pane.ends();
    }
    let left = get(fs::read_dir(home.temporary()), "the home");
    let left = left.flatten().map(|entry| entry.file_name());
    let left: Vec<_> = left.filter(|n| n != "rc" && n != "ping").collect();
    assert!(left.is_empty(), "{left:?}");
}

/// `^C`, `^D`, `^Z`.
fn press(pane: &mut Terminal, key: &str) {
    let code = key.bytes().next().unwrap_or_default() & 0x1f;
    pane.types(&char::from(code).to_string());
}

#[test]
fn a_server_and_its_clients_show_what_the_lesson_shows() {
    let blocks = conversations("named-pipe-uni");
    assert_eq!(blocks.len(), 3);
    holds(&blocks[0]);
}

#[test]
fn mkfifo_cat_echo_and_printf_show_what_the_lesson_shows() {
    // The first of them leaves its FIFO to the second.
    holds(&conversations("named-pipe-uni")[1..].concat());
}
