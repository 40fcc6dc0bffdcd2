//! The same frames, unchanged, over a FIFO, a Unix socket and TCP, between
//! two processes: where pipes end, and what carries on.
//!
//! Run it: `cargo run -p proofs --example beyond_pipes`. Man pages: fifo(7),
//! unix(7), tcp(7). In the folder of the same name stand the other process,
//! sender.rs, and two readers, readers.rs: one is tokio-util's, which knows
//! nothing of this course. Only the member proofs builds that crate.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::process::ExitCode;

use named_pipe_uni::fifo::{self, Home};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::write;
use shared::bug;
use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::observe;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{PathGuard, hold_signals};

#[path = "beyond_pipes/readers.rs"]
mod readers;
#[path = "beyond_pipes/sender.rs"]
mod sender;

fn main() -> ExitCode {
    let about = About {
        shows: "The same frames over a FIFO, a Unix socket and TCP",
        ..shared::about!("sender WAY ADDRESS": "be only the sender")
    };
    cli::run(&about, |tell, words| match words {
        [] => {
            over_a_fifo(tell)?;
            over_a_unix_socket(tell)?;
            over_tcp(tell)?;
            readers::disagree(tell)?;
            tell.say(
                "Next come sockets, then message brokers. This course stops.",
            );
            Ok(())
        }
        [role, way, to] if role == "sender" => sender::tells(tell, way, to),
        _ => Err(cli::refuse(&about, words)),
    })
}

fn over_a_fifo(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("A FIFO: a name, one way, one stream for all writers")?;
    let home = Home::new()?;
    let path = home.path().join("fifo");
    let _made = fifo::make(&path)?;
    tell.say("mkfifo(fifo) = 0");
    let sender = sender::start("fifo", path.as_os_str())?;
    let fifo = fifo::open(&path, OFlag::O_RDONLY)?;
    // Another writer, which has nothing to say.
    let other = fifo::open(&path, OFlag::O_WRONLY)?;
    readers::ours(tell, &fifo, |tell| {
        tell.call("write(fifo, \"thanks\")", || write(&fifo, b"thanks"))
            .must_be(Err(Errno::EBADF), "one way: this end only reads")?;
        bug::ends_well(sender)?;
        tell.call("poll(fifo)", || ready(&fifo))
            .must_be(Ok(0), "the sender is gone; another writer is not")?;
        tell.say("drop(other)");
        drop(other); // BREAK 2
        Ok(())
    })?;
    tell.say("It adds a name to a pipe. There is no way back, and no client.");
    Ok(())
}

fn over_a_unix_socket(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("A Unix socket: both ways, and a stream for each client")?;
    let home = Home::new()?;
    let path = home.path().join("socket");
    // A name as an address has room for about a hundred bytes.
    let name = SocketAddr::from_pathname(&path).map_err(|e| {
        Stop::Failed(format!("bind a Unix socket: {e}: set a shorter TMPDIR"))
    })?;
    // No signal between making the name and minding it.
    let held = hold_signals()?;
    let server = UnixListener::bind_addr(&name).named("bind a Unix socket")?;
    let _made = PathGuard::new(&path)?;
    drop(held);
    tell.say("bind(socket) = 0, listen = 0");
    // Another client, which has nothing to say.
    let _silent = UnixStream::connect(&path).named("connect")?;
    let (other, _) = server.accept().named("accept")?;
    let sender = sender::start("unix", path.as_os_str())?;
    let (stream, _) = server.accept().named("accept")?;
    readers::ours(tell, &stream, |tell| {
        let peer = observe::peer(&stream);
        let said = format!("SO_PEERCRED: process {peer}");
        tell.remark(said, "the sender, on the kernel's word");
        must(peer.agrees_with(sender.pid()), "SO_PEERCRED names the sender")?;
        sender::thank(tell, &stream, sender)
    })?;
    tell.call("poll(the other client)", || ready(&other))
        .must_be(Ok(0), "no end: it has a stream of its own")?;
    tell.say(
        "It adds a way back, keeps clients apart, and knows who they are.",
    );
    Ok(())
}

fn over_tcp(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("TCP: the same frames, and the sender may be far away")?;
    // For this machine alone, at a port that the kernel chooses.
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let server = server.named("bind 127.0.0.1")?;
    let address = server.local_addr().named("getsockname")?.to_string();
    tell.say("bind(127.0.0.1, any port) = 0, listen = 0");
    // A machine can be without loopback. Then a sender would never come: this
    // program tries the way itself first, and hears at once why.
    let tried = TcpStream::connect(&address).named("connect 127.0.0.1")?;
    let _itself = server.accept().named("accept")?;
    drop(tried);
    let sender = sender::start("tcp", OsStr::new(&address))?;
    let (stream, peer) = server.accept().named("accept")?;
    readers::tokios(tell, &stream, |tell| {
        let from = format!("accept: from {}", peer.ip());
        tell.remark(from, "an address; not who sits there");
        sender::thank(tell, &stream, sender)
    })?;
    // A kernel closes what a dead process held. Nobody closes for a machine
    // that lost its power or its cable: a read goes on waiting.
    tell.say("It adds other machines. It loses who is there, and a sure end:");
    tell.say("a machine that goes dark sends none.");
    Ok(())
}

/// poll(2), without waiting: 1 if there is something to read, or an end.
fn ready(stream: impl AsFd) -> nix::Result<i32> {
    let mut asked = [PollFd::new(stream.as_fd(), PollFlags::POLLIN)];
    poll(&mut asked, PollTimeout::ZERO)
}
