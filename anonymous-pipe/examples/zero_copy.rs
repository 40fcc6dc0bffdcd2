//! write(2) copies: when it returns, the buffer is yours again. vmsplice(2)
//! copies nothing: the pipe gets your page itself, and nobody tells you when
//! it is done with it. What is written there meanwhile is what arrives.
//!
//! For Rust that is a loan which the borrow checker does not see. nix 0.31
//! takes `&[u8]` and calls vmsplice safe. It is not: the borrow ends with the
//! call, the loan does not, and what is put into that memory next, be it
//! another message or somebody's password, goes down the pipe. There is not
//! one unsafe block below. The version after 0.31.3 will demand one
//! (nix-rust/nix#2633), after a `yes` in Rust was found to do this
//! (uutils/coreutils#7625).
//!
//! Run it: `cargo run -p anonymous-pipe --example zero_copy`. Man pages:
//! vmsplice(2), write(2). Claim: [AP-47].

use std::process::ExitCode;

use shared::cli::{self, About};

fn main() -> ExitCode {
    let shows = "write copies a buffer, and vmsplice lends it";
    cli::run(&About { shows, ..shared::about!() }, |tell, _words| {
        #[cfg(target_os = "linux")]
        linux::story(tell)?;
        #[cfg(not(target_os = "linux"))]
        tell.say("This system lacks vmsplice(2): only Linux has it.");
        Ok(())
    })
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::IoSlice;
    use std::os::fd::OwnedFd;

    use nix::fcntl::{SpliceFFlags, tee, vmsplice};
    use nix::unistd::{pipe, read, write};
    use shared::narrate::Narrator;
    use shared::observe;
    use shared::stop::{Named, Stop, must};

    const PLAIN: SpliceFFlags = SpliceFFlags::empty();

    pub(super) fn story(tell: &mut Narrator) -> Result<(), Stop> {
        let (read_end, write_end) = pipe().named("pipe")?;

        tell.step("write copies: the buffer is mine again")?;
        let mut buffer = b"message 1".to_vec();
        tell.call("write(pipe, \"message 1\")", || write(&write_end, &buffer))
            .must_be(Ok(9), "")?;
        buffer.copy_from_slice(b"message 2");
        tell.say("the buffer becomes \"message 2\"");
        arrives(tell, ("pipe", &read_end), "message 1")?;

        // The loop of every program that sends: fill the buffer, send it,
        // fill it again. Only the call is another.
        tell.step("vmsplice lends: the pipe has my page, not its bytes")?;
        let lent = vmsplice(&write_end, &[IoSlice::new(&buffer)], PLAIN);
        tell.call("vmsplice(pipe, \"message 2\")", || lent)
            .must_be(Ok(9), "and Rust says that the borrow is over")?;
        buffer.copy_from_slice(b"password!");
        tell.say("the buffer becomes \"password!\"");
        arrives(tell, ("pipe", &read_end), "password!")?;

        tell.step("A loan that Rust does see")?;
        buffer.copy_from_slice(b"message 3");
        let lent = Lent::lend(buffer, &write_end, &read_end)?;
        tell.say("vmsplice(pipe, \"message 3\") takes the buffer along");
        let Err(lent) = lent.back() else {
            return must(false, "the pipe still has it");
        };
        tell.say("May I have it back? Not yet.");
        arrives(tell, ("pipe", &read_end), "message 3")?;
        let Ok(buffer) = lent.back() else {
            return must(false, "an empty pipe gives it back");
        };
        tell.say("May I have it back? Yes.");

        // Even so: an empty pipe proves that the bytes have gone on, not
        // that they were copied.
        tell.step("Where even that is not enough: tee passes the page on")?;
        let (other, into_other) = pipe().named("pipe")?;
        vmsplice(&write_end, &[IoSlice::new(buffer)], PLAIN)
            .named("vmsplice")?;
        tee(&read_end, &into_other, 9, PLAIN).named("tee")?;
        arrives(tell, ("pipe", &read_end), "message 3")?;
        buffer.copy_from_slice(b"password!");
        tell.say("The pipe is empty, so the buffer becomes \"password!\"");
        arrives(tell, ("other pipe", &other), "password!")?;
        tell.say("So lend only what nobody will ever write to again.");
        Ok(())
    }

    /// A buffer that a pipe may still refer to. All access to it is given
    /// away, until the pipe is empty. It is enough as long as the reader
    /// reads; splice and tee would pass the page on.
    struct Lent<'pipe> {
        /// Leaked: if the loan is dropped, the memory is never freed, and so
        /// never becomes somebody else's while the pipe has it.
        buffer: &'static mut [u8],
        read_end: &'pipe OwnedFd,
    }

    impl<'pipe> Lent<'pipe> {
        /// Lends a buffer, which has to fit, to the pipe with these ends.
        fn lend(
            buffer: Vec<u8>,
            write_end: &OwnedFd,
            read_end: &'pipe OwnedFd,
        ) -> Result<Self, Stop> {
            let buffer = buffer.leak();
            let lent = vmsplice(write_end, &[IoSlice::new(buffer)], PLAIN);
            must(lent == Ok(buffer.len()), format!("{lent:?} is all of it"))?;
            Ok(Self { buffer, read_end })
        }

        /// The buffer, if the pipe is empty, and else the loan as it was.
        fn back(self) -> Result<&'static mut [u8], Self> {
            match observe::bytes_waiting(self.read_end).0 {
                Some(0) => Ok(self.buffer),
                _ => Err(self),
            }
        }
    }

    /// Reads what has arrived, and it must be this.
    fn arrives(
        tell: &mut Narrator,
        (name, end): (&str, &OwnedFd),
        text: &str,
    ) -> Result<(), Stop> {
        let mut arrived = [0; 64];
        tell.call(format!("read({name}, 64)"), || read(end, &mut arrived))
            .must_be(Ok(text.len()), &format!("{text:?}"))?;
        must(arrived.starts_with(text.as_bytes()), text)
    }
}
