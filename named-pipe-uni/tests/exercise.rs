//! A chat over a FIFO, as exercises/chat/starter.rs asks for it.

use std::fs::File;
use std::io::{Read, Write, pipe};
use std::path::{Path, PathBuf};

use harness::exercise::Exercise;
use harness::experiment::{becomes, stays_stuck};
use harness::pipes::{pipe_buf, polled, waiting};
use harness::{Home, Program, Running, get};
use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use nix::poll::PollFlags;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use shared::observe::hang;

const CHAT: Exercise = harness::exercise!("chat");

/// A FIFO that the test listens at, without waiting.
fn listen() -> (Home, PathBuf, File) {
    let home = Home::fresh();
    let path = home.path().join("chat");
    get(mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
    let how = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    let reader = get(fifo::open(&path, how), "open");
    (home, path, reader)
}

/// A writer that does not wait for a listener. None if there is none.
fn come(path: &Path) -> Option<File> {
    fifo::open(path, OFlag::O_WRONLY | OFlag::O_NONBLOCK).ok()
}

/// A `say` that has got `typed`, and neither ends nor goes on. What more is
/// typed comes through the pipe, if there is one.
fn say_stuck(
    program: &str,
    path: &Path,
    typed: &[u8],
    more: bool,
) -> (Running, Option<std::io::PipeWriter>) {
    let (input, mut keyboard) = get(pipe(), "pipe");
    get(keyboard.write_all(typed), "write");
    let keyboard = more.then_some(keyboard);
    let watched = get(input.try_clone(), "dup");
    let null = get(File::options().write(true).open("/dev/null"), "open");
    let say = Program::new(program).arg("say").arg(path);
    let say = say.start_between(input, null);
    assert!(becomes(|| waiting(&watched) == 0), "say reads what is typed");
    if !more {
        // A program that another test starts may hold it up to its exec.
        let ended = || polled(&watched).contains(PollFlags::POLLHUP);
        assert!(becomes(ended), "the input has an end");
    }
    assert!(hang::is_stuck(say.process()), "say ends, or does not wait");
    (say, keyboard)
}

#[test]
fn a_line_is_sent_when_it_is_typed() {
    CHAT.check(|program| {
        let (_home, path, mut chat) = listen();
        let (say, keyboard) = say_stuck(program, &path, b"hello\n", true);
        assert_eq!(waiting(&chat), 6, "\"hello\" is not sent yet");
        drop(keyboard);
        assert_eq!(say.ends(), 0);
        let mut text = String::new();
        get(chat.read_to_string(&mut text), "read");
        assert_eq!(text, "hello\n");
    });
}

/// There is room for all but the newline. Who asks for less than the whole
/// line at once gets it, and the next writer writes behind that.
#[cfg(target_os = "linux")]
#[test]
fn a_line_waits_for_room_as_a_whole() {
    use harness::pipes::{page, resize};

    CHAT.check(|program| {
        let (_home, path, mut chat) = listen();
        resize(&chat, 1);
        let filled = page() - b"hello".len();
        let mut writer = get(come(&path).ok_or("nobody listens"), "open");
        get(writer.write_all(&vec![b'.'; filled]), "write");
        let (say, _) = say_stuck(program, &path, b"hello\n", false);
        assert_eq!(waiting(&chat), filled, "a part of \"hello\" is sent");
        get(chat.read_exact(&mut vec![0; filled]), "read");
        assert_eq!(say.ends(), 0);
        let mut line = [0; 6];
        get(chat.read_exact(&mut line), "read");
        assert_eq!(&line, b"hello\n");
    });
}

#[test]
fn a_line_over_pipe_buf_is_refused_and_no_part_of_it_is_sent() {
    CHAT.check(|program| {
        let (_home, path, chat) = listen();
        let most = pipe_buf(&chat);
        let say = |letters: usize| {
            let line = "x".repeat(letters) + "\n";
            Program::new(program).arg("say").arg(&path).input(line).run()
        };
        let _ = say(most - 1).well();
        assert_eq!(waiting(&chat), most, "a line of PIPE_BUF bytes is sent");
        let _ = say(most).refused(1, &["PIPE_BUF"]);
        assert_eq!(waiting(&chat), most, "of the longer one, nothing");
    });
}

#[test]
fn who_listens_waits_for_the_next_writer_and_misses_none() {
    CHAT.check(|program| {
        let home = Home::fresh();
        let path = home.path().join("chat");
        let hear = Program::new(program).in_home_of(&home);
        let mut hear = hear.arg("hear").arg(&path).starts();
        assert!(becomes(|| come(&path).is_some()), "nobody listens");
        let say = |line: &str| {
            let writer =
                come(&path).ok_or("the first writer left, and nobody listens");
            get(get(writer, line).write_all(line.as_bytes()), line);
        };
        say("hello\n");
        hear.shows("\"hello\"", 1);
        let waits = stays_stuck(hear.process());
        assert!(waits, "without a writer, hear has left, or takes a CPU");
        for number in 1..=100 {
            say(&format!("line {number}\n"));
        }
        hear.shows("\"line 100\"", 1);
        assert_eq!(hear.shown().matches("\"line ").count(), 100);
    });
}
