//! One process, one pipe, and everything that follows from three facts: the
//! bytes in it, the number of its readers, the number of its writers.
//!
//! Run it: `cargo run -p anonymous-pipe`, in front of a class with
//! `-- --step`. It uses what every Unix has. Man pages: pipe(2), pipe(7),
//! read(2), write(2), dup(2).

use std::io::{PipeReader, PipeWriter};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::stat::fstat;
use nix::unistd::{Whence, getpid, lseek, pipe, read, write};
use shared::cli::{self, About};
use shared::frame::{FrameReader, FrameWriter};
use shared::narrate::{Narrator, hex};
use shared::observe;
use shared::stop::{Named, Stop, must, uninterrupted};

mod holders;

fn main() -> ExitCode {
    let about = About { asks: true, ..shared::about!() };
    cli::run(&about, |tell, _words| {
        tell.say(format!("I am process {}, alone.", getpid()));
        let (reader, writer) = what_a_pipe_does_with_bytes(tell)?;
        holders::what_they_decide(tell, &reader, writer)
    })
}

/// The first of the three facts: the bytes.
fn what_a_pipe_does_with_bytes(
    tell: &mut Narrator,
) -> Result<(PipeReader, PipeWriter), Stop> {
    // pipe() makes the pipe and two descriptors for it. They come as
    // `OwnedFd`: dropping one closes it, and nothing can close it twice.
    tell.step("A pipe has two ends")?;
    let (read_end, write_end) = pipe().named("pipe")?;
    let (r, w) = (read_end.as_raw_fd(), write_end.as_raw_fd());
    tell.remark(format!("pipe() = [{r}, {w}]"), "read end, write end");
    tell.picture(&read_end, &[(getpid(), "")]);

    // An end works one way only. The descriptor refuses the other way before
    // the kernel looks at the pipe at all.
    tell.call(format!("write({r}, \"x\", 1)"), || write(&read_end, b"x"))
        .must_be(Err(Errno::EBADF), "the read end only reads")?;
    tell.call(format!("read({w}, 1)"), || read(&write_end, &mut [0]))
        .must_be(Err(Errno::EBADF), "the write end only writes")?;

    // What is written waits in the kernel's memory. The pipe looks like a
    // file of size 0 all the while: no disk ever sees these bytes.
    tell.step("Bytes wait in the kernel, and are gone once read")?;
    let hello = b"Hello world!";
    tell.call(format!("write({w}, \"Hello world!\", 12)"), || {
        write(&write_end, hello)
    })
    .must_be(Ok(12), "nobody has to be reading yet")?;
    let waiting = observe::bytes_waiting(&read_end);
    let size = fstat(&read_end).named("fstat")?.st_size;
    tell.remark(
        format!("{waiting} bytes wait (FIONREAD)"),
        &format!("the file size (fstat) is still {size}"),
    );
    // Other systems may count the bytes that wait as the size.
    must(size == 0 || !cfg!(target_os = "linux"), "fstat says size 0")?;
    let mut buffer = [0; 64];
    tell.call(format!("read({r}, 64)"), || read(&read_end, &mut buffer))
        .must_be(Ok(12), "\"Hello world!\": the pipe keeps no copy")?;
    must(waiting.agrees_with(12), "12 bytes waited in the pipe")?;
    must(buffer.starts_with(hello), "they come out as they went in")?;

    // A second read finds nothing. A writer exists, so it would wait: for
    // ever, since that writer is this very process. O_NONBLOCK makes the
    // kernel say EAGAIN wherever it would have waited.
    set_flags(&read_end, OFlag::O_NONBLOCK)?; // BREAK 1
    tell.remark(format!("fcntl({r}, F_SETFL, O_NONBLOCK)"), "do not wait");
    tell.guess("read, when all is read and a writer is still there")?;
    // [empty]
    tell.call(format!("read({r}, 64)"), || read(&read_end, &mut buffer))
        .must_be(Err(Errno::EAGAIN), "else it would wait for ever [empty]")?;
    tell.call(format!("lseek({r}, 0)"), || {
        lseek(&read_end, 0, Whence::SeekSet)
    })
    .must_be(Err(Errno::ESPIPE), "no going back, no skipping")?;

    // Three messages go in. One read takes them all, glued together: the
    // pipe kept the bytes and their order, and nothing else.
    tell.step("Bytes have an order; messages need a frame")?;
    let messages: [&[u8]; 3] = [b"ping", b"ping", b"end"];
    for message in messages {
        uninterrupted(|| write(&write_end, message)).named("write")?;
    }
    let count = uninterrupted(|| read(&read_end, &mut buffer)).named("read")?;
    let glued = String::from_utf8_lossy(&buffer[..count]);
    tell.remark("write \"ping\", \"ping\", \"end\"", "three writes go in");
    tell.remark(format!("read({r}, 64) = {count}"), &format!("{glued:?}"));
    must(glued == "pingpingend", "one read takes all three")?;

    // A frame says how long its payload is. `FrameWriter` wants a `Write`,
    // and std's `PipeWriter` is one: the same descriptor in another wrapper.
    let reader = PipeReader::from(read_end);
    let writer = PipeWriter::from(write_end);
    let mut outgoing = FrameWriter::new(&writer);
    outgoing.send(b"ping").named("send")?;
    let count = uninterrupted(|| read(&reader, &mut buffer)).named("read")?;
    let call = format!("send \"ping\", read({r}, 64) = {count}");
    tell.remark(call, &hex(&buffer[..count]));
    for message in messages {
        outgoing.send(message).named("send")?;
    }
    let mut incoming = FrameReader::new(&reader);
    for message in messages {
        let frame = incoming.recv().named("recv")?;
        must(frame == Some(message), "three frames arrive, each whole")?;
    }
    tell.remark("send \"ping\", \"ping\", \"end\"", "recv: three, each whole");

    // Fill it to the last byte. A blocking write would wait for a reader,
    // again for ever; nonblocking, it answers EAGAIN. Linux counts pages, so
    // writes that leave a part of a page unused would fill it earlier.
    tell.step("A pipe is full when the kernel says so")?;
    set_flags(&writer, OFlag::O_NONBLOCK)?; // BREAK 2
    tell.remark(format!("fcntl({w}, F_SETFL, O_NONBLOCK)"), "do not wait");
    let mut fits = 0;
    loop {
        match uninterrupted(|| write(&writer, &[b'x'; 1024])) {
            Ok(count) => fits += count,
            Err(Errno::EAGAIN) => break,
            Err(e) => return Err(e).named("write"),
        }
    }
    let capacity = observe::capacity(&writer);
    let says = format!("F_GETPIPE_SZ says {capacity}");
    let full = format!("write said EAGAIN after {fits} bytes; {says}");
    must(capacity.agrees_with(fits), full)?;
    tell.remark(format!("{fits} bytes fit, 1024 a write"), &says);
    tell.guess("write of one byte, into a pipe that is full")?;
    // [full]
    tell.call(format!("write({w}, \"x\", 1)"), || write(&writer, b"x"))
        .must_be(Err(Errno::EAGAIN), "else it would wait for ever [full]")?;
    let mut all = vec![0; fits];
    tell.call(format!("read({r}, {fits})"), || read(&reader, &mut all))
        .must_be(Ok(fits), "a read takes what is there")?;
    tell.call(format!("write({w}, \"x\", 1)"), || write(&writer, b"x"))
        .must_be(Ok(1), "room again; remember this x")?;

    Ok((reader, writer))
}

/// Sets the flags of an open file description: fcntl(2), `F_SETFL`.
pub(crate) fn set_flags(end: impl AsFd, flags: OFlag) -> Result<(), Stop> {
    fcntl(end, FcntlArg::F_SETFL(flags)).named("fcntl")?;
    Ok(())
}
