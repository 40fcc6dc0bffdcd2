//! You cannot skip bytes of a pipe, says one article, and you cannot
//! duplicate them. On Linux you can do both, without a buffer of your own:
//! splice moves bytes, tee copies them, and neither brings them to you.
//!
//! Run it: `cargo run -p anonymous-pipe --example tee_and_splice`. Man pages:
//! tee(2), splice(2), signal(7). Claims: [AP-10] [AP-11] [AP-44] [AP-45]
//! [AP-46].

use std::process::ExitCode;

use shared::cli::{self, About};

fn main() -> ExitCode {
    let shows = "tee copies a pipe's bytes, and splice moves them";
    cli::run(&About { shows, ..shared::about!() }, |tell, _words| {
        #[cfg(target_os = "linux")]
        linux::story(tell)?;
        #[cfg(not(target_os = "linux"))]
        tell.say(
            "This system lacks tee(2) and splice(2): only Linux has them.",
        );
        Ok(())
    })
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::Seek;
    use std::os::fd::OwnedFd;

    use nix::errno::Errno::{EINVAL, EPIPE, ESPIPE};
    use nix::fcntl::{FcntlArg, OFlag, SpliceFFlags, fcntl, splice, tee};
    use nix::sys::memfd::{MFdFlags, memfd_create};
    use nix::sys::signal::{SigSet, Signal::SIGPIPE};
    use nix::unistd::{pipe, read, write};
    use shared::narrate::Narrator;
    use shared::stop::{Named, Stop, must};

    /// Both calls can be told not to wait. Here they never have to.
    const PLAIN: SpliceFFlags = SpliceFFlags::empty();

    pub(super) fn story(tell: &mut Narrator) -> Result<(), Stop> {
        // A file like any other, but for a name: nobody has to remove it.
        let file = memfd_create(c"", MFdFlags::empty());
        let file = File::from(file.named("memfd_create")?);
        copies(tell)?;
        moves(tell, &file)?;
        refuses(tell, &file)
    }

    /// tee goes from pipe to pipe. Both then refer to the same memory of the
    /// kernel's: not even there was a byte copied.
    fn copies(tell: &mut Narrator) -> Result<(), Stop> {
        tell.step("tee: the same bytes in a second pipe")?;
        let (front, into_front) = pipe().named("pipe")?;
        let (copy, into_copy) = pipe().named("pipe")?;
        write(&into_front, b"abcdef").named("write")?;
        let copied = tee(&front, &into_copy, 64, PLAIN);
        tell.call("tee(pipe, copy, 64)", || copied)
            .must_be(Ok(6), "duplicated, and not taken")?;
        holds(tell, "copy", &copy, "abcdef")?;

        // It takes nothing, so it comes no further: the next tee begins at
        // the front again. Hence splice, which takes away what is copied.
        tell.step("Two tees repeat, unless splice comes between them")?;
        for why in ["the pipe has abcdef", "and has it still"] {
            let copied = tee(&front, &into_copy, 3, PLAIN);
            tell.call("tee(pipe, copy, 3)", || copied).must_be(Ok(3), why)?;
        }
        holds(tell, "copy", &copy, "abcabc")?;
        let (rest, into_rest) = pipe().named("pipe")?;
        for why in ["abc moves on", "def moves on"] {
            let copied = tee(&front, &into_copy, 3, PLAIN);
            tell.call("tee(pipe, copy, 3)", || copied).must_be(Ok(3), "")?;
            let moved = splice(&front, None, &into_rest, None, 3, PLAIN);
            tell.call("splice(pipe, next, 3)", || moved).must_be(Ok(3), why)?;
        }
        holds(tell, "copy", &copy, "abcdef")?;
        holds(tell, "next", &rest, "abcdef")
    }

    /// One side has to be a pipe; the other may be nearly anything.
    fn moves(tell: &mut Narrator, mut file: &File) -> Result<(), Stop> {
        tell.step("splice: past this program, which reads none of it")?;
        let (front, into_front) = pipe().named("pipe")?;
        write(&into_front, b"skip me, keep me").named("write")?;
        let nowhere = File::options().write(true).open("/dev/null");
        let nowhere = nowhere.named("open /dev/null")?;
        let gone = splice(&front, None, nowhere, None, 9, PLAIN);
        tell.call("splice(pipe, /dev/null, 9)", || gone)
            .must_be(Ok(9), "skipped: nobody read them")?;
        let moved = splice(&front, None, file, None, 64, PLAIN);
        tell.call("splice(pipe, file, 64)", || moved)
            .must_be(Ok(7), "what was left")?;
        file.rewind().named("lseek")?;
        let moved = splice(file, None, &into_front, None, 64, PLAIN);
        tell.call("splice(file, pipe, 64)", || moved)
            .must_be(Ok(7), "and back into the pipe")?;
        holds(tell, "pipe", &front, "keep me")
    }

    fn refuses(tell: &mut Narrator, file: &File) -> Result<(), Stop> {
        tell.step("What splice refuses, and takes nothing")?;
        let (r, w) = pipe().named("pipe")?;
        write(&w, b"bytes").named("write")?;
        let no_pipe = splice(file, None, file, None, 9, PLAIN);
        tell.call("splice(file, file, 9)", || no_pipe)
            .must_be(Err(EINVAL), "one of the two has to be a pipe")?;
        let one_pipe = splice(&r, None, &w, None, 9, PLAIN);
        tell.call("splice(pipe, itself, 9)", || one_pipe)
            .must_be(Err(EINVAL), "they have to be two pipes")?;
        let position = splice(&r, Some(&mut 0), file, None, 9, PLAIN);
        tell.call("splice(pipe at 0, ..)", || position)
            .must_be(Err(ESPIPE), "a pipe has no positions")?;
        fcntl(file, FcntlArg::F_SETFL(OFlag::O_APPEND)).named("fcntl")?;
        let append = splice(&r, None, file, None, 9, PLAIN);
        tell.call("splice(pipe, O_APPEND)", || append)
            .must_be(Err(EINVAL), "not into a file that appends")?;
        holds(tell, "pipe", &r, "bytes")?;

        // A signal that is held back waits to be asked for, even one that is
        // ignored, as Rust has it. By default it would end this program.
        tell.step("Nobody reads: EPIPE, and SIGPIPE")?;
        let (reader, unread) = pipe().named("pipe")?;
        drop(reader);
        write(&w, b"bytes").named("write")?;
        let signals = SigSet::from(SIGPIPE);
        signals.thread_block().named("sigprocmask")?;
        let moved = splice(&r, None, &unread, None, 9, PLAIN);
        tell.call("splice(pipe, unread, 9)", || moved)
            .must_be(Err(EPIPE), "as write(2) answers, and tee(2)")?;
        tell.call("sigwait()", || signals.wait())
            .must_be(Ok(SIGPIPE), "it came, and was held back")
    }

    /// Reads all that the pipe holds.
    fn holds(
        tell: &mut Narrator,
        name: &str,
        end: &OwnedFd,
        text: &str,
    ) -> Result<(), Stop> {
        let mut buffer = [0; 64];
        tell.call(format!("read({name}, 64)"), || read(end, &mut buffer))
            .must_be(Ok(text.len()), &format!("{text:?}"))?;
        must(buffer.starts_with(text.as_bytes()), text)
    }
}
