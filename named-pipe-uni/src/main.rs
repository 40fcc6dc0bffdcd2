//! Two programs that share nothing but a name: one makes a FIFO and reads
//! from it, the other opens the same path and writes.
//!
//! Run it: `cargo run -p named-pipe-uni`. One terminal is enough: the program
//! starts itself once more, as the client, and gives it nothing but a path.
//! Man pages: mkfifo(3), fifo(7), open(2).
//!
//! Only one process speaks at a time: the server is silent from the moment
//! it waits in open until the first frame arrives.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::process::{Command, ExitCode};

use named_pipe_uni::fifo::{self, Home};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::wait::waitpid;
use nix::unistd::getpid;
use shared::cli::{self, About};
use shared::frame::FrameReader;
use shared::narrate::{Answer, Narrator};
use shared::stop::{Named, Stop, must, uninterrupted};
use shared::ways_out::{ChildGuard, hold_signals};

mod client;
mod server;
mod service;
mod signals;
mod typed;

/// How many pings make a conversation.
const PINGS: usize = 100;

/// The name that server and client agree on, if nobody names a path.
const NAME: &str = "named-pipe-uni";

fn main() -> ExitCode {
    let about = shared::about!(
        "server [PATH]": "make a FIFO, and print what clients send",
        "client [PATH]": "send 100 pings and an end to the server",
        "client --stdin": "send each line of standard input instead",
        "client --wait": "wait until there is a server"
    );
    let about = About { asks: true, ..about };
    cli::run_asked(&about, |tell, asked| match asked.words.as_slice() {
        [] => story(tell),
        [role] if role == "server" => server::server(tell, None),
        [role, path] if role == "server" => server::server(tell, Some(path)),
        [role] if role == "client" => client::client(tell, asked, None),
        [role, path] if role == "client" => {
            client::client(tell, asked, Some(path))
        }
        words => Err(cli::refuse(&about, words)),
    })
}

fn story(tell: &mut Narrator) -> Result<(), Stop> {
    tell.say(format!("server {}", getpid()));

    // The FIFO lives in a directory of its own, which only its owner can
    // enter: in /tmp itself, anybody could have been there first.
    tell.step("A FIFO is a pipe with a name")?;
    let home = Home::new()?;
    let path = home.path().join("ping");
    let made = fifo::make(&path)?;
    tell.remark(
        "mkfifo(ping, 0600) = 0",
        "ls -l shows: p, permissions, size 0",
    );
    let mut ls = Command::new("ls");
    ls.args(["-l", "ping"]).current_dir(home.path()).env("LC_ALL", "C");
    let line = cli::printed_by(&mut ls).named("run ls")?;
    must(line.starts_with("prw-------"), "ls -l shows a FIFO, rw for me")?;
    tell.say(line.trim_end());
    tell.say(format!(
        "With --step, look yourself: ls -l {}",
        fifo::shown(&path)
    ));

    tell.step("A name can be taken, and it can be missing")?;
    tell.guess("mkfifo, where the name is taken")?;
    let Err(taken) = fifo::make(&path) else {
        return Err(Stop::Failed("mkfifo made the same FIFO twice".into()));
    };
    taken.must_be(Errno::EEXIST)?;
    tell.remark(
        "mkfifo(ping) = EEXIST",
        "the name is taken, and left as it is",
    );
    tell.turned_out(Answer::Error);
    let Err(missing) = fifo::open(&home.path().join("pong"), OFlag::O_RDONLY)
    else {
        return Err(Stop::Failed("open found what nobody made".into()));
    };
    missing.must_be(Errno::ENOENT)?;
    tell.remark("open(pong) = ENOENT", &missing.advice);

    // A nonblocking open for writing answers ENXIO where a plain one would
    // wait. That proves it without waiting.
    tell.step("open waits for the other side")?;
    tell.guess("open for writing without O_NONBLOCK, when nobody reads")?;
    let how = OFlag::O_WRONLY | OFlag::O_NONBLOCK;
    let Err(alone) = fifo::open(&path, how) else {
        return Err(Stop::Failed("somebody reads a FIFO that is new".into()));
    };
    alone.must_be(Errno::ENXIO)?;
    tell.say("open(ping, O_WRONLY|O_NONBLOCK) = ENXIO");
    tell.remark("", "no reader: else it would wait [open]");
    tell.turned_out(Answer::Waits);
    tell.remark("named-pipe-uni client PATH --wait &", "as a shell does it");
    let [client, wait] = ["client", "--wait"].map(OsStr::new);
    let words = [client, path.as_os_str(), wait];
    let held = hold_signals()?;
    let client = cli::again(&words)?.spawn().named("start the client")?;
    // open waits for an open, and would not learn that no one comes any more.
    let client = ChildGuard::of(&client).or_the_story_ends()?;
    drop(held);
    tell.remark("open(ping, O_RDONLY)", "waits for the client");
    // [open]
    let ping = fifo::open(&path, OFlag::O_RDONLY)?;
    let r = ping.as_raw_fd();
    let mut frames = FrameReader::new(ping);
    // What is bound last is dropped first: should the story end early, the
    // client is ended before its pipe breaks.
    let client = client;
    match frames.recv().named("recv")? {
        Some(first) => must(first == b"ping", "the first frame is a ping")?,
        None => return Err(client.left_early()),
    }
    tell.remark(format!("open(ping, O_RDONLY) = {r}"), "the client has come");

    tell.step("A hundred messages, each in a frame")?;
    tell.say("frame 1: \"ping\"");
    let mut count = 1;
    loop {
        let frame = frames.recv().named("recv")?;
        count += 1;
        match frame {
            Some(b"ping") if count < PINGS => {}
            Some(b"ping") => tell.say(format!("frame {count}: \"ping\"")),
            Some(b"end") => break,
            None => return Err(client.left_early()),
            other => return Err(Stop::Failed(format!("recv gave {other:?}"))),
        }
    }
    tell.say(format!("frame {count}: \"end\""));
    must(count == PINGS + 1, "100 pings and an end arrive")?;

    // This end of file is not for ever: the next writer would bring more.
    tell.step("The last writer leaves")?;
    tell.guess("read, when the only writer has left and all is read")?;
    // [eof]
    let end = frames.recv().named("recv")?;
    must(end.is_none(), "after the last writer there is an end of file")?;
    tell.remark("recv = None", "end of file [eof]");
    tell.turned_out(Answer::EndOfFile);
    let pid = client.pid();
    let status = uninterrupted(|| waitpid(pid, None)).named("waitpid")?;
    client.ended(status)?;
    tell.say(format!("waitpid({pid}): exited, 0"));

    tell.step("The name outlives them all, until somebody removes it")?;
    made.remove().named("unlink ping")?;
    tell.say("unlink(ping) = 0");
    match fs::symlink_metadata(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) => return Err(e).named("lstat ping"),
        Ok(_) => must(false, "the name is gone")?,
    }
    tell.say("lstat(ping) = ENOENT");
    tell.say("Next, both ways through one FIFO: cargo run -p named-pipe-bidi");
    Ok(())
}
