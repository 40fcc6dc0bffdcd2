//! What shells and their tools make of a FIFO.

use std::io::Write;
use std::path::{Path, PathBuf};

use harness::{Home, Program, get};
use named_pipe_uni::fifo;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, read};
use shared::observe::hang;

/// A FIFO, and a directory that no program is to leave empty.
fn fifo_at_home() -> (Home, PathBuf) {
    let home = Home::fresh();
    let path = home.path().join("fifo");
    get(mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR), path.display());
    (home, path)
}

/// Runs a script, with a directory as `$0`.
fn sh(script: &str, home: &Path) -> String {
    let script = format!("cd \"$0\"\n{script}");
    let sh = Program::new("sh").args(&["-ec", &script]).arg(home);
    sh.run().well().stdout
}

/// [NU-29] [NU-01] The kernel keeps it, so every program sees it, in whatever
/// language it was made.
#[test]
fn any_program_sees_a_fifo_and_its_permissions() {
    let (home, _) = fifo_at_home();
    let shown = sh("ls -l fifo; test -p fifo", home.path());
    let words: Vec<_> = shown.split_whitespace().collect();
    assert_eq!(&words[0][..10], "prw-------");
    assert_eq!(words[4], "0", "its size");
}

/// [NU-02] The umask says what programs may not give away unasked. Who asks
/// mkfifo(1) for a mode gets that mode.
#[test]
fn the_umask_narrows_the_mode_of_a_fifo_unless_it_is_asked_for() {
    let home = Home::fresh();
    let script = "umask 077; mkfifo usual; mkfifo -m 644 asked
        umask 022; mkfifo open; ls -l usual asked open";
    let shown = sh(script, home.path());
    let mode = |name: &str| {
        let line = shown.lines().find(|line| line.ends_with(name));
        line.map_or("", |line| &line[..10]).to_string()
    };
    assert_eq!(mode("usual"), "prw-------");
    assert_eq!(mode("asked"), "prw-r--r--");
    assert_eq!(mode("open"), "prw-r--r--");
}

/// [NU-68] A redirection is the shell's work, and comes before the command.
/// What waits is the whole script.
#[test]
fn it_is_the_shell_that_waits_to_open_a_redirection() {
    let (_home, path) = fifo_at_home();
    let script = "echo hi > \"$0\"; echo next";
    let mut sh = Program::new("sh").args(&["-c", script]).arg(&path).starts();
    assert!(hang::is_stuck(sh.process()));
    assert_eq!(hang::children(sh.process()), [], "there is no echo yet");
    if cfg!(target_os = "linux") {
        let why = hang::explain(sh.process(), &[]).to_string();
        assert!(why.contains(" sleeps in open"), "{why}");
    }
    let how = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    let reader = get(fifo::open(&path, how), "open");
    sh.shows("next", 1);
    let _ = sh.ends().well();
    let mut hi = [0; 9];
    assert_eq!(read(&reader, &mut hi), Ok(3));
    assert_eq!(&hi[..3], b"hi\n");
}

/// [NU-70] cat reads to the end of file, and the first writer to leave brings
/// it. The next one finds nobody.
#[test]
fn cat_shows_the_first_writer_and_ends() {
    let (_home, path) = fifo_at_home();
    let cat = Program::new("cat").arg(&path).starts();
    assert!(hang::is_stuck(cat.process()));
    let how = OFlag::O_WRONLY | OFlag::O_NONBLOCK;
    let mut first = get(fifo::open(&path, how), "open");
    get(first.write_all(b"one\n"), "write");
    drop(first);
    assert_eq!(cat.ends().well().stdout, "one\n");
    let second = fifo::open(&path, how).err();
    assert_eq!(second.and_then(|told| told.errno), Some(Errno::ENXIO));
}

/// [NU-69] Whatever reads what is in a file waits for a writer: in open, and
/// then for the end of file. One writer that comes and goes frees them all.
#[test]
fn tools_that_read_a_file_wait_for_a_writer() {
    let (home, path) = fifo_at_home();
    let path = path.to_string_lossy().into_owned();
    let copy = home.path().join("copy").to_string_lossy().into_owned();
    let input = format!("if={path}");
    let tools: [(&[&str], i32); 6] = [
        (&["cat", &path], 0),
        (&["cp", &path, &copy], 0),
        (&["dd", &input], 0),
        (&["grep", "x", &path], 1),
        (&["head", &path], 0),
        (&["wc", &path], 0),
    ];
    let started = tools.map(|(words, status)| {
        let tool = Program::new(words[0]).args(&words[1..]).starts();
        (words[0], tool, status)
    });
    for (name, tool, _) in &started {
        assert!(hang::is_stuck(tool.process()), "{name}");
    }
    let how = OFlag::O_WRONLY | OFlag::O_NONBLOCK;
    drop(get(fifo::open(Path::new(&path), how), "open"));
    for (name, tool, status) in started {
        assert_eq!(tool.ends().shell_status(), status, "{name}");
    }
}

/// [NU-69] Whatever asks about the name does not. (cp -R makes a FIFO of a
/// FIFO.)
#[test]
fn tools_that_look_at_names_do_not_wait() {
    let (home, _) = fifo_at_home();
    let script = "ls -l fifo; test -e fifo; du fifo; touch fifo
        chmod 600 fifo; mkdir from; mv fifo from; cp -R from to
        test -p to/fifo; rm -r from to; ls";
    let shown = sh(script, home.path());
    assert!(shown.starts_with("prw-------"), "{shown}");
}
