//! A program on a terminal of its own: what a person sees and types.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::process::Command;
use std::thread::JoinHandle;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::experiment::becomes;
use crate::get;
use crate::home::Home;
use crate::surroundings::{at_home, members, own_session};
use crate::watch::{OUT, Watch};

/// A program at work on a pseudo-terminal. If it is dropped, the program is
/// killed with all of its process group.
#[derive(Debug)]
pub struct Terminal {
    watch: Watch,
    keyboard: File,
    /// While this is open, so is the window.
    window: PipeWriter,
    screen: JoinHandle<()>,
    /// How far [`Terminal::shows_next`] has come.
    followed: usize,
}

impl Terminal {
    /// Starts `program` with `words` on a terminal of so many columns.
    ///
    /// # Panics
    ///
    /// If there is no pseudo-terminal to be had, or no such program.
    #[must_use]
    pub fn start(program: &str, words: &[&str], columns: u16) -> Self {
        Self::start_with(program, words, columns, &[])
    }

    /// The same, with variables in its environment.
    ///
    /// # Panics
    ///
    /// As [`Terminal::start`].
    #[must_use]
    pub fn start_with(
        program: &str,
        words: &[&str],
        columns: u16,
        variables: &[(&str, &str)],
    ) -> Self {
        let size =
            Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = get(openpty(&size, None), "openpty");
        // Not for the programs that other tests start meanwhile.
        for end in [&pair.master, &pair.slave] {
            let at_exec = FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC);
            get(fcntl(end, at_exec), "fcntl F_SETFD");
        }
        let home = Home::fresh();
        let mut command = Command::new(program);
        let again = |fd: &std::os::fd::OwnedFd| get(fd.try_clone(), "dup");
        command.args(words).stdin(again(&pair.slave));
        command.stdout(again(&pair.slave)).stderr(pair.slave);
        at_home(&mut command, &home);
        command.env("TERM", "xterm").envs(variables.iter().copied());
        own_session(&mut command, true);
        let child = get(command.spawn(), program);
        // The command still holds the program's side of the terminal. The
        // screen ends only when the last holder lets go.
        drop(command);

        let keyboard = File::from(again(&pair.master));
        let (closing, window) = get(io::pipe(), "pipe");
        let screen = Screen { master: File::from(pair.master), closing };
        let mut watch = Watch::new(child, format!("{program} {words:?}"), home);
        let screen = watch.reads(OUT, screen);
        Self { watch, keyboard, window, screen, followed: 0 }
    }

    /// Types `text`; `"\x03"` is Ctrl-C.
    ///
    /// # Panics
    ///
    /// If the terminal is gone.
    pub fn types(&mut self, text: &str) {
        get(self.keyboard.write_all(text.as_bytes()), "type");
    }

    /// Waits until `text` stands on the screen for the `count`th time.
    ///
    /// # Panics
    ///
    /// If it does not by the deadline.
    pub fn shows(&mut self, text: &str, count: usize) {
        self.watch.shows(text, count);
    }

    /// Waits until `text` stands on the screen behind what the last call of
    /// this method has waited for: so a conversation is followed.
    ///
    /// # Returns
    ///
    /// What stands between the two.
    ///
    /// # Panics
    ///
    /// If it does not by the deadline.
    pub fn shows_next(&mut self, text: &str) -> String {
        let from = self.followed;
        self.followed = self.watch.shows_behind(text, from);
        self.shown()[from..self.followed - text.len()].to_string()
    }

    /// What stands on the screen, as far as it was waited for.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.watch.shown()
    }

    /// Waits so long for something to be shown, and sees to it that nothing
    /// is, once what was asked for has been.
    ///
    /// # Panics
    ///
    /// If the program prints, or ends.
    pub fn shows_nothing_more(&mut self, patience: Duration) {
        let seen = self.shown().len();
        while self.watch.next(patience) && !self.watch.has_ended() {}
        let more = self.shown()[seen..].trim();
        let prompt =
            more.is_empty() || "[Enter] goes on, [q] leaves".contains(more);
        assert!(prompt, "it goes on by itself: {more:?}");
        assert!(!self.watch.has_ended(), "ended");
    }

    /// The program's process number.
    #[must_use]
    pub fn process(&self) -> Pid {
        self.watch.process
    }

    /// Sends the program a signal; its children get none.
    pub fn send(&self, signal: Signal) {
        self.watch.send(signal);
    }

    /// Waits for the end of the program and of all that it started.
    ///
    /// # Returns
    ///
    /// All that was shown, and the exit status as a shell gives it.
    ///
    /// # Panics
    ///
    /// If it is not gone by the deadline, or leaves a file behind.
    #[must_use]
    pub fn ends(self) -> (String, i32) {
        let outcome = self.watch.ends();
        (outcome.stdout.replace("\r\n", "\n"), outcome.shell_status())
    }

    /// Closes the window, which sends SIGHUP to the program, and waits for
    /// the end of the program and of all its session. Linux wakes those who
    /// read from the terminal a moment before: once in thousands of times one
    /// of them has seen EIO, and ended by itself, when the signal comes.
    ///
    /// # Returns
    ///
    /// The exit status as a shell gives it.
    ///
    /// # Panics
    ///
    /// As [`Terminal::ends`].
    #[must_use]
    pub fn closes(self) -> i32 {
        // The kernel hangs up when nobody holds this side: neither this
        // thread, nor the one that reads the screen.
        drop((self.keyboard, self.window));
        let closed = self.screen.join();
        assert!(closed.is_ok(), "the screen could not be read");
        let session = self.watch.process;
        let status = self.watch.ends().shell_status();
        let told = becomes(|| members(session).is_empty());
        assert!(told, "still there: {:?}", members(session));
        status
    }
}

impl AsRef<Home> for Terminal {
    fn as_ref(&self) -> &Home {
        &self.watch.home
    }
}

/// Our side of the terminal, which is at its end when the window closes.
struct Screen {
    master: File,
    closing: PipeReader,
}

impl Read for Screen {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let shown = PollFd::new(self.master.as_fd(), PollFlags::POLLIN);
        let closing = PollFd::new(self.closing.as_fd(), PollFlags::POLLIN);
        let mut either = [shown, closing];
        while let Err(e) = poll(&mut either, PollTimeout::NONE) {
            if e != Errno::EINTR {
                return Err(e.into());
            }
        }
        if either[1].any() == Some(true) {
            return Ok(0);
        }
        self.master.read(piece)
    }
}
