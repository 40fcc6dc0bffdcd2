//! Where peers meet: a directory of their own, with one name in it.

use std::cell::OnceCell;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::{env, thread};

use harness::experiment::becomes;
use harness::get;
use named_pipe_uni::fifo;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::stat::Mode;
use nix::unistd::{mkdtemp, mkfifo};

/// A fresh directory, removed when it is dropped.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        let template = env::temp_dir().join("peers.XXXXXX");
        Self(get(mkdtemp(&template), template.display()))
    }

    /// Where the server makes its FIFO.
    pub(crate) fn fifo(&self) -> PathBuf {
        self.0.join("fifo")
    }

    /// Waits until a server has made the FIFO. It may not have opened it yet.
    pub(crate) fn has_fifo(&self) {
        let made = becomes(|| self.fifo().exists());
        assert!(made, "no server made a FIFO");
    }

    /// Opens the FIFO for writing once a server has it open. A plain open
    /// would wait without a bound.
    pub(crate) fn opens(&self) -> File {
        let how = OFlag::O_WRONLY | OFlag::O_NONBLOCK;
        // The first open that succeeds is kept: for the server, one that is
        // closed again is a client that came and went.
        let opened = OnceCell::new();
        let open = || match fifo::open(&self.fifo(), how) {
            Ok(file) => opened.set(file).is_ok(),
            Err(_) => false,
        };
        assert!(becomes(open), "no server opened a FIFO");
        let file = get(opened.into_inner().ok_or("none"), "open");
        get(fcntl(&file, FcntlArg::F_SETFL(OFlag::empty())), "fcntl");
        file
    }

    /// Sends bytes to the server and leaves, without waiting until it reads:
    /// a server that hangs is ended by its deadline.
    pub(crate) fn sends(&self, bytes: Vec<u8>) {
        let mut file = self.opens();
        thread::spawn(move || file.write_all(&bytes));
    }

    /// Makes the FIFO, and opens it for reading: a server that
    /// does not wait for its clients.
    pub(crate) fn reads(&self) -> File {
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        get(mkfifo(&self.fifo(), mode), "mkfifo");
        let how = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        let file = get(fifo::open(&self.fifo(), how), "open");
        get(fcntl(&file, FcntlArg::F_SETFL(OFlag::empty())), "fcntl");
        file
    }

    /// Whether nobody has the FIFO open for reading. A program that another
    /// test is starting has all that is open here, until its exec.
    pub(crate) fn is_lonely(&self) -> bool {
        let how = OFlag::O_WRONLY | OFlag::O_NONBLOCK;
        let refused = fifo::open(&self.fifo(), how).err();
        refused.is_some_and(|refused| refused.errno == Some(Errno::ENXIO))
    }

    /// That the server removed what it made.
    pub(crate) fn is_empty(&self) -> bool {
        get(fs::read_dir(&self.0), self.0.display()).next().is_none()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
