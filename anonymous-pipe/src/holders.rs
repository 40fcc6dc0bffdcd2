//! The second half of the story: how many readers a pipe has, and how many
//! writers. Man pages: dup(2), close(2), pipe(7).

use std::io::{PipeReader, PipeWriter};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::Signal;
use nix::unistd::{dup, getpid, pipe, read, write};
use shared::narrate::Narrator;
use shared::observe::{self, Seen};
use shared::picture;
use shared::stop::{Named, Stop, must};

use crate::set_flags;

/// The other two: how many readers there are, and how many writers.
pub(crate) fn what_they_decide(
    tell: &mut Narrator,
    reader: &PipeReader,
    writer: PipeWriter,
) -> Result<(), Stop> {
    let (r, w) = (reader.as_raw_fd(), writer.as_raw_fd());
    let mut buffer = [0; 64];

    // dup gives a second number for the same open file description. Flags
    // like O_NONBLOCK live in the description: both numbers have them.
    tell.step("dup: another number for the same end")?;
    let copy = dup(&writer).named("dup")?;
    let d = copy.as_raw_fd();
    let same = observe::same_description(&writer, &copy);
    tell.remark(
        format!("dup({w}) = {d}"),
        &format!("the same open file description: {same}"),
    );
    set_flags(&copy, OFlag::empty())?;
    let flag = observe::nonblocking(&writer);
    let why = format!("is {w} nonblocking still? {flag}");
    tell.remark(format!("fcntl({d}, F_SETFL, 0)"), &why);
    must(flag.agrees_with(false), "both numbers lost O_NONBLOCK")?;

    // The end stays open as long as one number is left.
    drop(writer);
    tell.say(format!("close({w})"));
    tell.guess("write by the copy, when the original is closed")?;
    tell.call(format!("write({d}, \"last words\", 10)"), || {
        write(&copy, b"last words")
    })
    .must_be(Ok(10), "the copy still writes")?;

    // EOF is not a byte in the pipe. It is what read answers when the pipe is
    // empty and the number of writers is 0, so unread bytes come first.
    tell.step("The last writer leaves")?;
    drop(copy);
    let me = [(getpid(), "")];
    tell.remark(format!("close({d})"), &picture::sides(reader, &me));
    tell.guess("read, when the last writer has left bytes behind")?;
    tell.call(format!("read({r}, 64)"), || read(reader, &mut buffer))
        .must_be(Ok(11), "\"xlast words\", the x of step 4 first")?;
    // No byte, no error: 0.
    tell.guess("read once more, when nothing and nobody is left")?;
    // [eof]
    tell.call(format!("read({r}, 64)"), || read(reader, &mut buffer))
        .must_be(Ok(0), "end of file, as often as I ask [eof]")?;

    // The other way round there is nothing to wait for: what is written
    // could never be read.
    tell.step("The last reader leaves")?;
    let (read_end, write_end) = pipe().named("pipe")?;
    let (r, w) = (read_end.as_raw_fd(), write_end.as_raw_fd());
    drop(read_end);
    tell.remark(format!("pipe() = [{r}, {w}]"), "the lowest free numbers");
    tell.remark(format!("close({r})"), &picture::sides(&write_end, &me));
    tell.guess("write, when nobody has the read end any more")?;
    // [epipe]
    tell.call(format!("write({w}, \"x\", 1)"), || write(&write_end, b"x"))
        .must_be(Err(Errno::EPIPE), "broken pipe [epipe]")?;

    // With the error comes a signal, SIGPIPE, that ends a C program on the
    // spot. Rust ignores it before `main` starts, so we live to see EPIPE.
    let ignored = observe::ignored(Signal::SIGPIPE);
    must(ignored == Seen(Some(true)), "SIGPIPE is ignored")?;
    tell.say("With it came SIGPIPE, which Rust ignores. By default it kills.");
    tell.say("Next, two processes: cargo run -p fork-pipe");
    Ok(())
}
