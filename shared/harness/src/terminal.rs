//! A program on a terminal of its own: what a person sees and types.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::get;
use crate::program::{
    DEADLINE, explain, fresh_directory, left_behind, own_session,
};

/// A program at work on a pseudo-terminal.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    seen: String,
    temporary: PathBuf,
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
        let temporary = fresh_directory();
        let mut command = Command::new(program);
        let again = |fd: &std::os::fd::OwnedFd| get(fd.try_clone(), "dup");
        command.args(words).stdin(again(&pair.slave));
        command.stdout(again(&pair.slave)).stderr(pair.slave);
        command.env("TMPDIR", &temporary).env("TERM", "xterm");
        command.env("LC_ALL", "C.UTF-8");
        for colour in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(colour);
        }
        command.envs(variables.iter().copied());
        own_session(&mut command, true);
        let child = get(command.spawn(), program);
        // The command still holds the program's side of the terminal. The
        // screen ends only when the last holder lets go.
        drop(command);

        let keyboard = File::from(again(&pair.master));
        let mut screen = File::from(pair.master);
        let (send, receive) = mpsc::channel();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            // Linux reports the last close of the other side as EIO.
            while let Ok(count @ 1..) = screen.read(&mut piece) {
                let _ = send.send(piece[..count].to_vec());
            }
        });
        Self {
            child,
            keyboard,
            screen: receive,
            seen: String::new(),
            temporary,
        }
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
        let end = Instant::now() + DEADLINE;
        while self.seen.matches(text).count() < count {
            let left = end.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.seen += &String::from_utf8_lossy(&bytes),
                Err(_) => self.fail(&format!("does not show {text:?}")),
            }
        }
    }

    /// Waits so long for something to be shown, and sees to it that nothing
    /// is, once what was asked for has been.
    ///
    /// # Panics
    ///
    /// If the program prints, or ends.
    pub fn shows_nothing_more(&mut self, patience: Duration) {
        let seen = self.seen.clone();
        while let Ok(bytes) = self.screen.recv_timeout(patience) {
            self.seen += &String::from_utf8_lossy(&bytes);
        }
        let more = self.seen[seen.len()..].trim();
        let prompt =
            more.is_empty() || "[Enter] goes on, [q] leaves".contains(more);
        assert!(prompt, "it goes on by itself: {more:?}");
        assert!(self.child.try_wait().is_ok_and(|end| end.is_none()), "ended");
    }

    /// The program's process number.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
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
    pub fn ends(mut self) -> (String, i32) {
        let end = Instant::now() + DEADLINE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.seen += &String::from_utf8_lossy(&bytes),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(_) => self.fail("does not end"),
            }
        }
        let status = get(self.child.wait(), "wait");
        let left = left_behind(&self.temporary);
        let seen = std::mem::take(&mut self.seen);
        assert!(left.is_empty(), "left {left:?} behind:\n{seen}");
        let outcome = crate::Outcome {
            stdout: String::new(),
            stderr: String::new(),
            status,
        };
        (seen.replace("\r\n", "\n"), outcome.shell_status())
    }

    fn fail(&mut self, what: &str) -> ! {
        let group = Pid::from_raw(self.child.id().cast_signed());
        let why = explain(group);
        let _ = killpg(group, Signal::SIGKILL);
        panic!("{what}:\n{why}\nshown so far:\n{}", self.seen);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.temporary);
    }
}
