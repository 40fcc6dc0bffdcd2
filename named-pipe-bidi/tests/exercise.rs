//! A calculator behind two FIFOs, as exercises/calculator/starter.rs asks for
//! it.

use std::cell::OnceCell;
use std::fs::File;
use std::path::{Path, PathBuf};

use harness::exercise::Exercise;
use harness::experiment::{becomes, stays_stuck};
use harness::pipes::{soon_readable, waits_again};
use harness::{Home, Program, Session, get};
use named_pipe_uni::fifo;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use shared::frame::{FrameReader, FrameWriter};

const CALCULATOR: Exercise = harness::exercise!("calculator");

/// Where both sides meet.
struct Place {
    home: Home,
    there: PathBuf,
    back: PathBuf,
}

impl Place {
    fn new() -> Self {
        let home = Home::fresh();
        let [there, back] = ["there", "back"].map(|n| home.path().join(n));
        Self { home, there, back }
    }

    /// The program in one of its roles.
    fn starts(&self, program: &str, role: &str) -> Session {
        let program = Program::new(program).in_home_of(&self.home);
        program.arg(role).arg(&self.there).arg(&self.back).starts()
    }

    /// The server, once both FIFOs are there.
    fn server(&self, program: &str) -> Session {
        let server = self.starts(program, "serve");
        let there = || self.there.exists() && self.back.exists();
        assert!(becomes(there), "the server makes two FIFOs");
        server
    }

    /// The test as a client. Its own opens wait for nobody, so the server may
    /// open in any order.
    fn client(&self) -> (FrameWriter<File>, FrameReader<File>) {
        let back = to_read(&self.back);
        let there = to_write(&self.there);
        (FrameWriter::new(there), FrameReader::new(back))
    }
}

/// A read end, without waiting for a writer.
fn to_read(path: &Path) -> File {
    let how = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    get(fifo::open(path, how), path.display())
}

/// A write end, once somebody reads. It is the first one: to ask by an end
/// that is closed again would be an end of file.
fn to_write(path: &Path) -> File {
    let how = OFlag::O_WRONLY | OFlag::O_NONBLOCK;
    let end = OnceCell::new();
    let come = || fifo::open(path, how).is_ok_and(|e| end.set(e).is_ok());
    assert!(becomes(come), "nobody reads from {}", path.display());
    let end = get(end.into_inner().ok_or("no end"), path.display());
    waits_again(&end);
    end
}

/// What each of these is answered, by one server.
fn answers(program: &str, requests: &[&[u8]]) -> Vec<String> {
    let place = Place::new();
    let _server = place.server(program);
    let (mut there, mut back) = place.client();
    let mut answer = |request: &&[u8]| {
        get(there.send(request), "send");
        soon_readable(back.get_ref());
        let answer = get(back.recv(), "recv");
        let answer = get(answer.ok_or("the server has left"), "recv");
        String::from_utf8_lossy(answer).into_owned()
    };
    requests.iter().map(&mut answer).collect()
}

#[test]
fn a_request_is_a_frame_and_so_is_its_answer() {
    CALCULATOR.check(|program| {
        let pairs = [
            ("3 + 4", "7"),
            ("3 - 4", "-1"),
            ("-6 * 7", "-42"),
            ("7 / 2", "3"),
            ("-7 / 2", "-3"),
            ("9223372036854775806 + 1", "9223372036854775807"),
        ];
        let requests = pairs.map(|(request, _)| request.as_bytes());
        assert_eq!(answers(program, &requests), pairs.map(|pair| pair.1));
    });
}

/// Whoever asks may ask anything, and the next one gets its answer.
#[test]
fn what_cannot_be_calculated_is_answered_with_an_error() {
    CALCULATOR.check(|program| {
        let requests: [&[u8]; 13] = [
            b"1 / 0",
            b"9223372036854775807 + 1",
            b"-9223372036854775808 - 1",
            b"9223372036854775807 * 2",
            b"-9223372036854775808 / -1",
            b"9223372036854775808 - 1",
            b"",
            b"3 +",
            b"3 + 4 5",
            b"three + 4",
            b"3 % 4",
            b"3 + \xff",
            b"2 * 2",
        ];
        let answers = answers(program, &requests);
        for (request, answer) in requests.iter().zip(&answers[..12]) {
            let what = String::from_utf8_lossy(request);
            assert!(answer.starts_with("error: "), "{what}: {answer}");
        }
        assert_eq!(answers[12], "4", "the server goes on");
    });
}

/// Nothing is sent for it: the client closes, and the server is told, if it is
/// no writer itself.
#[test]
fn when_the_requests_end_the_server_ends_and_removes_both_fifos() {
    CALCULATOR.check(|program| {
        let place = Place::new();
        let server = place.server(program);
        let (mut there, back) = place.client();
        get(there.send(b"3 + 4"), "send");
        soon_readable(back.get_ref());
        drop(there);
        let waits = stays_stuck(server.process());
        assert!(!waits, "the client has left, and the server waits for it");
        let _ = server.ends().well();
        assert!(!place.there.exists() && !place.back.exists());
    });
}

/// Should they open in another order, each waits in open for the other; and
/// whoever waits for the end of its input before it sends waits for a person.
#[test]
fn both_sides_meet_and_talk_line_by_line() {
    CALCULATOR.check(|program| {
        let place = Place::new();
        let server = place.server(program);
        let mut ask = place.starts(program, "ask");
        for (at, (line, answer)) in
            [("6 * 7", "\"42\""), ("1 / 0", "\"error: "), ("1 - 1", "\"0\"")]
                .into_iter()
                .enumerate()
        {
            ask.types(format!("{line}\n").as_bytes());
            ask.shows("\n", at + 1);
            let last = ask.shown().lines().last().unwrap_or_default();
            assert!(last.contains(answer), "{line}: {last}");
        }
        ask.end_of_input();
        let _ = ask.ends().well();
        let _ = server.ends().well();
    });
}

/// The client is told, if it is no writer of answers itself.
#[test]
fn a_server_that_leaves_in_the_middle_is_noticed() {
    CALCULATOR.check(|program| {
        let place = Place::new();
        for path in [&place.there, &place.back] {
            get(mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR), "mkfifo");
        }
        let there = to_read(&place.there);
        let mut ask = place.starts(program, "ask");
        let back = to_write(&place.back);
        ask.types(b"3 + 4\n");
        soon_readable(&there);
        drop((there, back));
        let waits = stays_stuck(ask.process());
        assert!(!waits, "the server has left, and ask waits for it");
        ask.end_of_input();
        let _ = ask.ends().refused(1, &["the server has left"]);
    });
}
