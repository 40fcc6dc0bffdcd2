//! `who_holds` on pipelines of the system's own tools that are really stuck.
#![cfg(target_os = "linux")]

use harness::experiment::becomes;
use harness::{Program, Running, get, quoted};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use shared::observe::hang;
use shared::observe::proc;

const WHO_HOLDS: &str = env!("CARGO_BIN_EXE_who_holds");

/// What is said about a process, once it is stuck.
fn said_of(process: Pid) -> String {
    assert!(hang::is_stuck(process), "{:?}", proc::doing(process.as_raw()));
    let program = Program::new(WHO_HOLDS).arg(process.to_string());
    program.run().well().stdout
}

/// Under Yama a program may see the calls of those alone that it has started
/// or that have invited it. These tests start them all, and the tool is one.
fn calls_may_be_seen() -> bool {
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope");
    let scope = scope.unwrap_or_default();
    // 1 and 2 are not for root, and 3 is for nobody.
    let guarded = match scope.trim() {
        "" | "0" => false,
        "3" => true,
        _ => !harness::is_root(),
    };
    if guarded {
        println!("skipped: Yama is on, and others' calls may not be seen");
    }
    !guarded
}

fn shell(line: &str) -> Running {
    Program::new("bash").args(&["-c", line]).start()
}

/// The program of this name below a shell, as soon as it runs.
fn below(shell: &Running, name: &str) -> Pid {
    let find = || {
        let mut below = hang::children(shell.process());
        for child in below.clone() {
            below.extend(hang::children(child));
        }
        let is_it =
            |pid: &Pid| proc::name(pid.as_raw()).as_deref() == Some(name);
        below.into_iter().find(is_it)
    };
    assert!(becomes(|| find().is_some()), "no {name}");
    find().unwrap_or(shell.process())
}

fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
}

#[test]
fn a_reader_of_an_idle_writer_waits_for_it() {
    if !calls_may_be_seen() {
        return;
    }
    let line = shell("sleep 1000 | cat; true");
    let (cat, sleep) = (below(&line, "cat"), below(&line, "sleep"));
    let said = said_of(cat);
    has(&said, &["sleeps in read(0)", "  0  pipe:[", "read end, 0 of "]);
    has(&said, &[&format!("write end: sleep {sleep} (1)")]);
    has(
        &said,
        &[&format!("It waits for sleep {sleep} to write, or to leave.")],
    );
}

#[test]
fn a_writer_into_a_full_pipe_waits_for_its_reader() {
    if !calls_may_be_seen() {
        return;
    }
    let line = shell("yes | sleep 1000; true");
    let (yes, sleep) = (below(&line, "yes"), below(&line, "sleep"));
    // bash may hold the read end for a moment longer than its fork.
    let waits = format!("It waits for sleep {sleep} to read, or to leave.");
    assert!(becomes(|| said_of(yes).contains(&waits)), "{}", said_of(yes));
    let said = said_of(yes);
    has(&said, &["sleeps in write(1)", "write end, "]);
    // The fill is what the pipe has room for, or a little less.
    let fill = said.lines().find(|line| line.contains("write end, "));
    let fill: Vec<usize> = fill
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    if let [_, filled, room] = fill[..] {
        assert!(0 < filled && filled <= room, "{said}");
    }
}

/// [FP-12]
#[test]
fn a_captured_command_waits_for_what_it_left_in_the_background() {
    if !calls_may_be_seen() {
        return;
    }
    let line = shell("x=$(sleep 1000 & echo hi); echo \"$x\"");
    // The command that started `sleep` has ended, so it is nobody's child.
    let waits = "It waits for sleep ";
    let held = || said_of(line.process()).contains(waits);
    assert!(becomes(held), "{}", said_of(line.process()));
    let said = said_of(line.process());
    has(&said, &["bash", "sleeps in read(", "write end: sleep ", waits]);
}

/// [NU-11]
#[test]
fn a_reader_of_a_lonely_fifo_waits_in_open() {
    if !calls_may_be_seen() {
        return;
    }
    let home = Program::new("cat");
    let path = home.temporary().join("fifo");
    get(mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
    let cat = Program::new("cat").arg(&path).start();
    let said = said_of(cat.process());
    has(&said, &["sleeps in open", "nobody has opened the other side"]);
}

#[test]
fn who_sleeps_in_no_pipe_is_not_said_to_wait_for_one() {
    if !calls_may_be_seen() {
        return;
    }
    let sleep = Program::new("sleep").arg("1000").start();
    let said = said_of(sleep.process());
    has(
        &said,
        &["It holds no end of a pipe.", "cannot be told from this call"],
    );
}

/// Somebody else's process is told of as far as the system allows.
#[test]
fn what_may_not_be_seen_is_said() {
    if !harness::is_root() {
        println!("skipped: only root has processes that others may not see");
        return;
    }
    let line = shell("sleep 1000 | cat; true");
    let cat = below(&line, "cat");
    assert!(hang::is_stuck(cat));
    let tool = quoted(WHO_HOLDS);
    let script = format!(
        "setpriv --reuid=65534 --regid=65534 --clear-groups {tool} {cat}"
    );
    let said = Program::new("sh").args(&["-c", &script]).run().well().stdout;
    has(&said, &["cat", "may not be looked at", "may not be seen"]);
    assert!(!said.contains("It waits for"), "{said}");
}

/// A container sees its own processes alone, and its standard input may come
/// from one outside.
#[test]
fn who_is_in_no_sight_is_not_called_nobody() {
    let unshare = "unshare --pid --fork --mount-proc";
    let tried = format!("{unshare} echo there");
    if Program::new("sh").args(&["-c", &tried]).run().stdout != "there\n" {
        println!("skipped: only root can make a PID namespace");
        return;
    }
    let script = format!(
        "exec < <(sleep 1000)
        {unshare} sh -c '\"$0\" $$' {}
        kill $!",
        quoted(WHO_HOLDS)
    );
    let told = Program::new("bash").args(&["-c", &script]).run();
    has(&told.stdout, &["read end, ", "nobody that may be seen"]);
}

/// The kernel keeps 15 bytes of a name, and may cut it inside a character.
#[test]
fn a_name_that_is_cut_inside_a_character_is_a_name() {
    let home = Program::new("true");
    let path = home.temporary().join("fourteen_bytesé");
    get(std::os::unix::fs::symlink("/bin/sh", &path), "symlink");
    let (read_end, _write_end) = get(std::io::pipe(), "pipe");
    let sh = Program::new(&path).args(&["-c", "read line; true"]);
    let sh = sh.start_between(read_end, std::process::Stdio::null());
    has(&said_of(sh.process()), &["fourteen_bytes", " sleeps"]);
}

#[test]
fn a_number_without_a_process_is_refused() {
    let missing = Program::new(WHO_HOLDS).arg("2147483647").run();
    let _ = missing.refused(1, &["there is no process 2147483647"]);
    for word in ["x", "0", "1x", "-- -5"] {
        let wrong = Program::new(WHO_HOLDS).arg(word).run();
        let _ = wrong.refused(2, &["usage: who_holds"]);
    }
    let none = Program::new(WHO_HOLDS).run();
    let _ = none.refused(2, &["PID is missing"]);
}
