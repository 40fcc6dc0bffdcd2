//! The other program. It is started without any end of the pipe; its standard
//! input is a socket to the first one.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::read;
use shared::frame::{FrameReader, FrameWriter};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};

use super::rights;

pub(crate) fn stranger(tell: &mut Narrator) -> Result<(), Stop> {
    let socket = io::stdin().as_fd().try_clone_to_owned().named("dup")?;
    let socket = UnixStream::from(socket);
    let Some(end) = rights::receive(socket.as_fd()).named("recvmsg")? else {
        return Err(Stop::Failed("no descriptor came".into()));
    };
    let mut answers = FrameWriter::new(&socket);
    let mut requests = FrameReader::new(&socket);
    answers.send(eavesdrops(tell, &end)?).named("send")?;
    while let Some(name) = requests.recv().named("recv")? {
        let name = String::from_utf8_lossy(name);
        let answer = breaks_in(tell, &name)?;
        answers.send(answer.as_bytes()).named("send")?;
    }
    Ok(())
}

/// With a descriptor that was sent: it is as good as the sender's own.
fn eavesdrops(
    tell: &mut Narrator,
    end: &OwnedFd,
) -> Result<&'static [u8], Stop> {
    let fd = end.as_raw_fd();
    tell.say(format!("recvmsg: {fd} is mine now"));
    let mut buffer = [0; 64];
    tell.call(format!("read({fd}, 64)"), || read(end, &mut buffer))
        .must_be(Ok(6), "\"secret\"")?;
    must(buffer.starts_with(b"secret"), "the same pipe")?;
    fcntl(end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).named("fcntl")?;
    tell.say(format!("fcntl({fd}, O_NONBLOCK)"));
    Ok(b"in")
}

/// With a name, which leads to the pipe itself. What is opened there is a new
/// open file description, for reading or writing, as one likes.
///
/// # Returns
///
/// "in", or the errno.
fn breaks_in(tell: &mut Narrator, name: &str) -> Result<String, Stop> {
    match OpenOptions::new().write(true).open(name) {
        Ok(mut third) => {
            let fd = third.as_raw_fd();
            tell.say(format!("open(O_WRONLY) = {fd}"));
            third.write_all(b"forged").named("write")?;
            tell.say(format!("write({fd}, \"forged\")"));
            Ok("in".to_string())
        }
        Err(e) => {
            let e = e.raw_os_error().map(Errno::from_raw);
            let why = format!("{:?}", e.unwrap_or(Errno::UnknownErrno));
            tell.say(format!("open = {why}"));
            Ok(why)
        }
    }
}
