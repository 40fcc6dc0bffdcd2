//! One run of a story under strace(1), with a fault in one of its processes,
//! or none.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use harness::{Home, Outcome, Program, Session, Signal, get};
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::kill;
use nix::sys::stat::Mode;
use nix::unistd::{Pid, write};
use proofs::outside::{processes_left, soon};
use shared::observe::proc;

use crate::stories::{Beside, Story};

/// How long a story may take, with its fault.
const BOUND: Duration = Duration::from_secs(20);

/// What a program of the course gives each of its steps: seconds. One more,
/// and it has ended itself, which is within the bound.
const DEADLINE: &str = "10";

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    /// The program beside it.
    pub(crate) partner: Option<Outcome>,
    /// What strace wrote of the process with the fault.
    pub(crate) log: String,
    /// Processes and files that it left.
    pub(crate) left: Vec<String>,
}

impl Story {
    /// Runs the story. `who` is 0 for its first process, n for the n-th child;
    /// `faults` are words for strace.
    ///
    /// # Panics
    ///
    /// If the story does not end in time: its process group is killed.
    pub(crate) fn run(
        &self,
        programs: &Path,
        who: usize,
        faults: &[&str],
    ) -> Run {
        let (home, notes) = (Home::fresh(), Home::fresh());
        let log = notes.path().join("log");
        let program = programs.join(self.program());
        let new = || {
            let strace = Program::new("strace").in_home_of(&home);
            strace.env("DEADLINE", DEADLINE).within(BOUND)
        };
        let plain = |words: &[&str]| {
            let side = Program::new(&program).in_home_of(&home).within(BOUND);
            side.args(words).starts()
        };
        let mut beside = None;
        if let Some(Beside::Server(words, ready)) = self.beside {
            let mut server = plain(words);
            server.shows(ready, 1);
            rests(&server);
            beside = Some(server);
        }

        // With -D strace is not the program's parent: the program has its
        // number, its status and its children as without it. -y says what a
        // descriptor is.
        let how = ["-D", "-y", "-qq", "-o"];
        let traced = new().args(&how);
        let (mut session, second) = if who == 0 {
            let traced = traced.arg(&log).args(faults);
            let traced = traced.arg(&program).args(self.words);
            (start(traced), None)
        } else {
            let births = notes.path().join("births");
            let stop = [
                "-f",
                "-e",
                "trace=getppid",
                "-e",
                "inject=getppid:signal=SIGSTOP:when=1",
            ];
            let how = ["-D", "-qq", "-o"];
            let traced = new().args(&how).arg(&births).args(&stop);
            let session = start(traced.arg(&program).args(self.words));
            let child = nth_child(&session, &births, who);
            let second = child.map(|child| {
                let attach = ["-y", "-qq", "-o"];
                let second = new().args(&attach).arg(&log).args(faults);
                let second = second.arg("-p").arg(child.to_string());
                let second = start(second);
                let at = || read(&log).contains("stopped by SIGSTOP");
                assert!(soon(BOUND, at), "strace does not see child {child}");
                get(kill(child, Signal::SIGCONT), "SIGCONT");
                second
            });
            (session, second)
        };
        let group = session.process();
        if let Some(
            Beside::Client(words, ready) | Beside::Stranger(words, ready),
        ) = self.beside
        {
            // A server with a fault may never come to it.
            if session.shows_by(ready, Instant::now() + BOUND) {
                rests(&session);
            }
            if let Some(Beside::Stranger(..)) = self.beside {
                sends_no_frame(home.path());
            }
            beside = Some(plain(words));
        }

        let outcome = session.ends();
        let _log_is_whole = second.map(Session::ends);
        let died = outcome.shell_status() == 128 + Signal::SIGKILL as i32;
        let mut left = processes_left(group, died, BOUND);
        let partner = beside.map(|mut beside| {
            // Who waits for a program that has failed, or has left because
            // nobody reads what it prints, waits for ever.
            let soon = Instant::now() + BOUND / 10;
            if outcome.shell_status() != 0 || !beside.is_gone_by(soon) {
                beside.send(Signal::SIGINT);
            }
            beside.ends()
        });
        if !died {
            let entries = get(fs::read_dir(home.path()), "home");
            let names = entries.flatten().map(|e| e.path());
            left.extend(names.map(|path| path.display().to_string()));
        }
        let here = home.path().display().to_string();
        let outcome = Outcome {
            stdout: outcome.stdout.replace(&here, "/tmp/home"),
            ..outcome
        };
        let log = read(&log).replace(&here, "/tmp/home");
        Run { outcome, partner, log, left }
    }
}

/// A server that has said that it waits for a client is about to.
fn rests(server: &Session) {
    let server = server.process().as_raw();
    // While strace delays a call, its state is another one.
    let rests = || {
        proc::doing(server)
            .is_none_or(|doing| ['S', 'Z'].contains(&doing.state))
    };
    let _ = soon(BOUND, rests);
}

/// Sends more than a frame may be long to the FIFO of a server, if that has
/// one, and waits until nobody reads it any more: it is given up then.
fn sends_no_frame(home: &Path) {
    let places = get(fs::read_dir(home), "home").flatten();
    let mut fifos = places.map(|place| place.path().join("fifo"));
    let how = OFlag::O_WRONLY | OFlag::O_NONBLOCK;
    let Some(Ok(fifo)) = fifos.next().map(|at| open(&at, how, Mode::empty()))
    else {
        return;
    };
    let _ = write(&fifo, &[0xff; 4]);
    // POLLERR is told without being asked for.
    let mut asked = [PollFd::new(fifo.as_fd(), PollFlags::empty())];
    let bound = PollTimeout::try_from(BOUND).unwrap_or(PollTimeout::ZERO);
    let gone = poll(&mut asked, bound);
    assert_eq!(gone, Ok(1), "the server still reads");
}

fn start(program: Program) -> Session {
    let mut session = program.starts();
    session.end_of_input();
    session
}

/// Waits for the n-th child that comes to its getppid, and lets those before
/// it pass. A child makes that call early, and the first process has no reason
/// to make it; a child's calls before it are not tried. There strace stops it;
/// that strace then goes, and the child stays stopped until another one, which
/// looks at this child alone, is ready. Counting begins there, and in no other
/// process.
fn nth_child(session: &Session, births: &Path, n: usize) -> Option<Pid> {
    let mut passed = BTreeSet::new();
    let mut target = None;
    soon(BOUND, || {
        let log = read(births);
        for line in log.lines() {
            let stopped = line.strip_suffix(" --- stopped by SIGSTOP ---");
            let Some(Ok(pid)) = stopped.map(|pid| pid.trim().parse()) else {
                continue;
            };
            if !passed.insert(pid) {
                continue;
            }
            if passed.len() == n {
                target = Some(Pid::from_raw(pid));
                return true;
            }
            let _ = kill(Pid::from_raw(pid), Signal::SIGCONT);
        }
        kill(session.process(), None).is_err()
    });
    let child = target?;
    if let Some(tracer) = tracer(child) {
        let _ = kill(tracer, Signal::SIGKILL);
    }
    assert!(soon(BOUND, || tracer(child).is_none()), "strace does not let go");
    Some(child)
}

fn tracer(of: Pid) -> Option<Pid> {
    let status = read(Path::new(&format!("/proc/{of}/status")));
    let tracer = status.lines().find_map(|l| l.strip_prefix("TracerPid:"))?;
    let tracer = tracer.trim().parse().ok()?;
    (tracer > 0).then_some(Pid::from_raw(tracer))
}

fn read(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
