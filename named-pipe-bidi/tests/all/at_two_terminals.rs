//! Two terminals: a server and a client, with one FIFO and with two. Where the
//! schedule decides, the test plays one of the sides itself, and forces it.
//!
//! What a test closes may be open for a moment more, in a process that another
//! test is about to start: it forked before the close, and has not called exec
//! yet. So nothing here depends on a close being the last one at once.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::thread;

use harness::{Home, Program, Session, Signal, Terminal, get};
use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use shared::frame::{FrameReader, FrameWriter};
use shared::observe::hang;

const DEMO: &str = env!("CARGO_BIN_EXE_named-pipe-bidi");
const MODES: [&[&str]; 2] = [&[], &["--two-fifos"]];
const READER: OFlag = OFlag::O_RDONLY.union(OFlag::O_NONBLOCK);
const BOTH: OFlag = OFlag::O_RDWR.union(OFlag::O_NONBLOCK);

/// A place that the test minds, and where it plays one of the sides.
struct Place(Home);

impl Place {
    fn fresh() -> Self {
        Self(Program::new(DEMO).as_ref().clone())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("f")
    }

    fn back(&self) -> PathBuf {
        self.0.path().join("f.back")
    }

    /// What a server does first, for a test that plays the server.
    fn make(&self) {
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        get(mkfifo(&self.path(), mode), "mkfifo");
    }

    fn make_two(&self) {
        self.make();
        get(fs::rename(self.path(), self.back()), "rename");
        self.make();
    }

    fn open(&self, how: OFlag) -> File {
        get(fifo::open(&self.path(), how), "open")
    }

    fn open_back(&self, how: OFlag) -> File {
        get(fifo::open(&self.back(), how), "open")
    }

    fn program(&self, role: &str, mode: &[&str]) -> Program {
        let program = Program::new(DEMO).arg(role).args(mode).arg(self.path());
        program.in_home_of(&self.0)
    }

    /// A server that is ready for its client.
    fn server(&self, mode: &[&str]) -> Session {
        let mut server = self.program("server", mode).starts();
        wait_for(&mut server, mode);
        server
    }

    fn is_empty(&self) -> bool {
        get(fs::read_dir(self.0.path()), "the place").next().is_none()
    }
}

fn say(fifo: &File, message: &str) {
    get(FrameWriter::new(fifo).send(message.as_bytes()), "send");
}

/// What a server shows before it waits.
fn ready(mode: &[&str]) -> &'static str {
    if mode.is_empty() { "I wait for pings" } else { "I wait in open" }
}

/// Waits until a client may come. A server can say that it will wait in open,
/// not that it does: that the kernel says.
fn wait_for(server: &mut Session, mode: &[&str]) {
    server.shows(ready(mode), 1);
    let waits = mode.is_empty() || hang::is_stuck(server.process());
    assert!(waits, "{}", server.shown());
}

/// The numbers of a side's last line.
fn sums<const N: usize>(told: &str) -> [usize; N] {
    let last = told.lines().last().unwrap_or_default();
    let numbers = last.split_whitespace().flat_map(str::parse);
    let numbers: Vec<usize> = numbers.collect();
    get(numbers.try_into(), told)
}

/// One game; the client's sums, then the server's.
fn game(mode: &[&str]) -> ([usize; 4], [usize; 3]) {
    let mut server = Program::new(DEMO).arg("server").args(mode).starts();
    wait_for(&mut server, mode);
    let client = Program::new(DEMO).arg("client").args(mode);
    let client = client.in_home_of(&server).run().well();
    let server = server.ends().well();
    let told = server.stdout.contains("end of file: the client has left");
    assert_eq!(told, !mode.is_empty(), "{}", server.stdout);
    (sums(&client.stdout), sums(&server.stdout))
}

/// [NB-11] Who gets which message is a race. That each goes to one side, or
/// is lost, is not.
#[test]
fn with_one_fifo_only_the_sums_are_certain() {
    let games = [(); 3].map(|()| thread::spawn(|| game(MODES[0])));
    for game in games {
        let Ok((client, server)) = game.join() else { panic!("see above") };
        let [sent, answered, own, lost] = client;
        assert_eq!((sent, answered + own + lost), (20, 20));
        // What the client did not take back, the server got.
        let [pings, taken, left] = server;
        assert_eq!((pings, taken + left), (sent - own, pings));
        assert!(answered <= left && taken <= lost, "{client:?} {server:?}");
    }
}

/// [NB-14] Opened in the same order on both sides.
#[test]
fn with_two_fifos_each_ping_is_answered_and_the_end_is_told() {
    for _ in 0..5 {
        assert_eq!(game(MODES[1]), ([20, 20, 0, 0], [20, 0, 20]));
    }
}

/// [NB-02] [NB-06] Nobody reads the pongs but the server itself, so it gets
/// them. And nobody tells it that the other side has closed.
#[test]
fn a_server_with_one_fifo_hears_itself_and_misses_nobody() {
    let place = Place::fresh();
    let mut server = place.server(MODES[0]);
    let test = place.open(BOTH);
    (1..=3).for_each(|number| say(&test, &format!("ping {number}")));
    server.shows("\"pong 3\": my own words; the client never gets them", 1);
    drop(test);
    server.shows("2 s of silence: the client may have left.", 1);
    say(&place.open(BOTH), "end");
    let told = server.ends().well().stdout;
    assert_eq!(sums(&told), [3, 3, 0]);
    assert!(place.is_empty());
}

/// [NB-02] Nobody reads the pings but the client itself, so it gets them. An
/// answer to something else is none.
#[test]
fn a_client_with_one_fifo_hears_itself() {
    let place = Place::fresh();
    place.make();
    let test = place.open(BOTH);
    say(&test, "pong 7");
    let told = place.program("client", MODES[0]).run().well().stdout;
    assert_eq!(sums(&told), [20, 0, 20, 0]);
    assert_eq!(told.matches("recv \"pong 7\": too late\n").count(), 1);
    // It asks before it begins, and after every five rounds in vain.
    assert_eq!(told.matches("O_WRONLY|O_NONBLOCK").count(), 5);
    // Whoever says "end" does not read any more.
    let mut frames = FrameReader::new(&test);
    assert_eq!(get(frames.recv(), "recv"), Some(&b"end"[..]));
}

/// [NB-05] `O_RDWR` would just open; `O_WRONLY|O_NONBLOCK` asks.
#[test]
fn a_client_without_a_server_says_so_at_once() {
    for mode in MODES {
        let place = Place::fresh();
        let client = || place.program("client", mode).run();
        let _ = client().refused(1, &["f: ENOENT", "who serves makes it"]);
        match mode {
            [] => place.make(),
            _ => place.make_two(),
        }
        let _ = client().refused(1, &["f: ENXIO", "nobody has it open for"]);
    }
}

/// With one FIFO, a client that has lost its server goes on to hear its own
/// words. It learns more only when it lets go of the FIFO, and asks.
#[cfg(target_os = "linux")]
#[test]
fn a_client_with_one_fifo_learns_of_a_killed_server_by_letting_go() {
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::unistd::Pid;
    use std::io::{Read, pipe};
    use std::process::{Command, Stdio};

    let place = Place::fresh();
    let server = place.server(MODES[0]);
    // From here on the server reads nothing, but holds both ends.
    server.send(Signal::SIGSTOP);
    // Standard output has room for a few lines. So the client waits in its
    // first rounds, until somebody reads them.
    let (mut screen, mut full) = get(pipe(), "pipe");
    let size = get(fcntl(&full, FcntlArg::F_SETPIPE_SZ(1)), "F_SETPIPE_SZ");
    let room = usize::try_from(size).unwrap_or(0) - 128;
    get(full.write_all(&vec![b'.'; room]), "write");
    let mut client = Command::new(DEMO);
    client.arg("client").arg(place.path()).stdin(Stdio::null());
    client.stdout(full).stderr(Stdio::piped());
    let started = get(client.spawn(), "start the client");
    // The command has the write end, too.
    drop(client);
    assert!(hang::is_stuck(Pid::from_raw(started.id().cast_signed())));
    server.send(Signal::SIGKILL);
    assert_eq!(server.ends().shell_status(), 128 + 9);
    let mut told = String::new();
    get(screen.read_to_string(&mut told), "read");
    let ended = get(started.wait_with_output(), "wait");
    let sentence = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{told}{sentence}");
    assert!(sentence.contains("f: ENXIO"), "{sentence}");
    assert_eq!(sums(&told), [5, 0, 5, 0], "{told}");
}

/// With two FIFOs it is told: by the end of file if it reads, by EPIPE if it
/// writes.
#[test]
fn a_client_with_two_fifos_is_told_that_the_server_has_left() {
    let place = Place::fresh();
    place.make_two();
    let pings = place.open(READER);
    // O_RDWR waits for nobody.
    let replies = place.open_back(BOTH);
    let mut client = place.program("client", MODES[1]).starts();
    client.shows("open(f.back, O_RDONLY|O_NONBLOCK)", 1);
    drop(replies);
    let why = ["recv: end of file: the server has left"];
    let told = client.ends().refused(1, &why).stdout;
    assert_eq!(sums(&told), [1, 0, 0, 0]);

    // No room for a ping: the client waits in write, or will.
    let filler = place.open(OFlag::O_WRONLY | OFlag::O_NONBLOCK);
    while (&filler).write(&[0; 4096]).is_ok() {}
    let _replies = place.open_back(BOTH);
    let mut client = place.program("client", MODES[1]).starts();
    client.shows("open(f.back, O_RDONLY|O_NONBLOCK)", 1);
    drop(pings);
    let why = ["send: EPIPE (Broken pipe): the server has left"];
    let _ = client.ends().refused(1, &why);
}

/// It has a reader for its pings, and nobody has opened the other FIFO yet.
#[test]
fn a_client_is_told_that_the_server_died_between_its_two_opens() {
    let place = Place::fresh();
    place.make_two();
    let pings = place.open(READER);
    let mut client = place.program("client", MODES[1]).starts();
    client.shows("send \"ping 1\"", 1);
    assert!(hang::is_stuck(client.process()));
    drop(pings);
    let why = ["recv: end of file: the server has left"];
    let told = client.ends().refused(1, &why).stdout;
    assert_eq!(sums(&told), [1, 0, 0, 0]);
}

#[test]
fn a_server_with_two_fifos_is_told_that_the_client_has_left() {
    let place = Place::fresh();
    let mut server = place.server(MODES[1]);
    // O_RDWR waits for nobody, and lets both opens of the server return.
    let (pings, replies) = (place.open(BOTH), place.open_back(BOTH));
    server.shows("a client has come", 1);
    // No room for the pong: the server waits in write, or will.
    while (&replies).write(&[0; 4096]).is_ok() {}
    say(&pings, "ping 1");
    drop(replies);
    let told = server.ends().well().stdout;
    assert!(told.contains("\"ping 1\", send: EPIPE, the client"), "{told}");
    let mut server = place.server(MODES[1]);
    let (pings, _replies) = (place.open(BOTH), place.open_back(BOTH));
    server.shows("a client has come", 1);
    drop(pings);
    let told = server.ends().well().stdout;
    assert!(told.contains("end of file: the client has left"), "{told}");
    assert!(place.is_empty());
}

/// One sentence, nothing hangs, and the server waits on for a client that
/// plays as it does.
#[test]
fn both_sides_have_to_say_two_fifos_or_none() {
    for (mode, other) in [(MODES[0], MODES[1]), (MODES[1], MODES[0])] {
        let place = Place::fresh();
        let server = place.server(mode);
        let client = place.program("client", other).run();
        let _ = client.refused(1, &["say --two-fifos on both sides, or on"]);
        if mode.is_empty() {
            say(&place.open(BOTH), "end");
        } else {
            let _ = place.program("client", mode).run().well();
        }
        let _ = server.ends().well();
    }
    let place = Place::fresh();
    place.make_two();
    get(fs::remove_file(place.path()), "unlink");
    let server = place.program("server", MODES[0]).run();
    let _ = server.refused(1, &["f.back: a second FIFO", "remove it"]);
}

/// Another program's bytes: no frame, a frame that never ends, and a frame
/// that holds something else.
#[test]
fn what_is_not_of_the_game_is_refused_in_one_sentence() {
    let bad: [(&[u8], &str); 4] = [
        (b"hello world\n", "recv: a frame of 1819043176 bytes is over the"),
        (b"hi\n", "recv: 3 bytes, and no whole frame"),
        (b"\x06\0\0\0\x1b[31m!", "recv: \"\\u{1b}[31m!\": not of this game"),
        (b"\x04\0\0\0ping", "recv: \"ping\": not of this game"),
    ];
    thread::scope(|scope| {
        for (bytes, why) in bad {
            scope.spawn(move || {
                let place = Place::fresh();
                let server = place.server(MODES[0]);
                let mut test = place.open(BOTH);
                get(test.write_all(bytes), "write");
                let _ = server.ends().refused(1, &[why, "another program"]);
                assert!(place.is_empty());
                place.make();
                let mut test = place.open(BOTH);
                get(test.write_all(bytes), "write");
                let client = place.program("client", MODES[0]).run();
                let _ = client.refused(1, &["recv: ", "another program"]);
            });
        }
    });
}

/// An answer that it has not given, or has taken back already.
#[test]
fn a_server_knows_its_own_pongs_from_those_of_others() {
    for pings in 0..=1 {
        let place = Place::fresh();
        let mut server = place.server(MODES[0]);
        let test = place.open(BOTH);
        if pings == 1 {
            say(&test, "ping 1");
            server.shows("\"pong 1\": my own words; the client never", 1);
        }
        say(&test, "pong 1");
        say(&test, "end");
        let why = ["recv: \"pong 1\": not of this game", "another program"];
        let _ = server.ends().refused(1, &why);
    }
}

#[test]
fn ctrl_c_and_sigterm_end_a_server_and_leave_no_fifo() {
    for mode in MODES {
        for (signal, status) in [(None, 130), (Some(Signal::SIGTERM), 143)] {
            let words = [&["server"], mode].concat();
            let mut terminal = Terminal::start(DEMO, &words, 60);
            terminal.shows(ready(mode), 1);
            match signal {
                Some(signal) => terminal.send(signal),
                None => terminal.types("\x03"),
            }
            // It checks what was left behind.
            let (shown, ended) = terminal.ends();
            assert_eq!(ended, status, "{shown}");
        }
    }
}

/// SIGKILL leaves the names. At the agreed place they are the next server's,
/// both of them even if it plays with one.
#[test]
fn the_fifos_of_a_killed_server_are_taken_over() {
    let place = Place::fresh();
    let server = |mode: &[&str], signal| {
        let server = Program::new(DEMO).arg("server").args(mode);
        let mut server = server.in_home_of(&place.0).starts();
        server.shows(ready(mode), 1);
        server.send(signal);
        server.ends().shell_status()
    };
    for mode in MODES {
        assert_eq!(server(MODES[1], Signal::SIGKILL), 128 + 9);
        assert!(!place.is_empty());
        assert_eq!(server(mode, Signal::SIGTERM), 128 + 15);
        assert!(place.is_empty());
    }
}

#[test]
fn a_wrong_path_is_refused_and_left_as_it_is() {
    let place = Place::fresh();
    let refuse = |words: [&str; 2]| {
        for (role, word) in ["server", "client"].iter().zip(words) {
            for mode in MODES {
                let ended = place.program(role, mode).run();
                let _ = ended.refused(1, &[word]);
            }
        }
    };
    get(fs::write(place.path(), "mine"), "write");
    refuse(["EEXIST (File exists): a regular", "it is not a FIFO"]);
    assert!(fs::read(place.path()).is_ok_and(|text| text == b"mine"));
    get(fs::remove_file(place.path()), "unlink");
    get(fs::create_dir(place.path()), "mkdir");
    refuse(["EEXIST (File exists): a directory", "EISDIR"]);
    get(fs::remove_dir(place.path()), "rmdir");
    let target = place.0.path().join("elsewhere");
    get(std::os::unix::fs::symlink(target, place.path()), "symlink");
    refuse(["EEXIST (File exists): a symbolic link", "ELOOP"]);
    get(fs::remove_file(place.path()), "unlink");
    if harness::is_root() {
        place.make();
        get(std::os::unix::fs::chown(place.path(), Some(1), None), "chown");
        let mut both = File::options();
        let _both = get(both.read(true).write(true).open(place.path()), "open");
        let client = place.program("client", MODES[0]).run();
        let _ = client.refused(1, &["it is somebody else's FIFO"]);
        let server = place.program("server", MODES[0]).run();
        let _ = server.refused(1, &["somebody else's FIFO has the name"]);
    }
}
