//! Every way to open a FIFO, tried on this machine: for reading, for writing
//! and for both, with and without `O_NONBLOCK`, where nobody has it open, where
//! a reader has, and where a writer has.
//!
//! What you will see: a table. Each of its cells is an open in a child of its
//! own, so that one which waits holds up nobody, and the kernel says whether
//! it waits. The function `rule` foretells them all.
//!
//! Run it: `cargo run -p named-pipe-uni --example open_matrix`. Man pages:
//! fifo(7), "DESCRIPTION"; open(2), "ERRORS". Claims: [NU-11] [NU-12] [NU-16]
//! [NB-01] [NB-05].

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use named_pipe_uni::fifo::{self, Home};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use shared::cli::{self, About};
use shared::observe::hang;
use shared::stop::{Named, Stop, must};
use shared::table::Table;
use shared::ways_out::{self, ChildGuard, PathGuard};

const READ: OFlag = OFlag::O_RDONLY;
const WRITE: OFlag = OFlag::O_WRONLY;
const BOTH: OFlag = OFlag::O_RDWR;
const WAYS: [(&str, OFlag); 3] =
    [("O_RDONLY", READ), ("O_WRONLY", WRITE), ("O_RDWR", BOTH)];

/// Who has the FIFO open already.
#[derive(Clone, Copy, PartialEq)]
enum There {
    Nobody,
    Reader,
    Writer,
}
const THERE: [(&str, There); 3] = [
    ("nobody", There::Nobody),
    ("a reader", There::Reader),
    ("a writer", There::Writer),
];

fn main() -> ExitCode {
    let shows = "Every way to open a FIFO, as this kernel answers it";
    let about = About { shows, ..shared::about!() };
    cli::run(&about, |tell, _words| {
        let home = Home::new()?;
        let path = home.path().join("fifo");

        tell.step("An open waits for the side that is missing")?;
        let columns = [
            ("open for", 8),
            ("there is", 8),
            ("blocking", 12),
            ("O_NONBLOCK", 10),
        ];
        let table = Table::new(tell, columns);
        for (way, how) in WAYS {
            for (who, there) in THERE {
                let mut answers = [""; 2];
                let flags = [OFlag::empty(), OFlag::O_NONBLOCK];
                for (flag, answer) in flags.into_iter().zip(&mut answers) {
                    let (_made, _other) = fifo_with(there, &path)?;
                    *answer = tried(&path, how | flag)?;
                    // POSIX leaves O_RDWR on a FIFO undefined.
                    let defined = how != BOTH || cfg!(target_os = "linux");
                    let as_ruled = *answer == rule(how | flag, there);
                    let what = format!("{way}, {who}: not {answer}");
                    must(as_ruled || !defined, what)?;
                }
                table.row(tell, [way, who, answers[0], answers[1]]);
            }
        }

        tell.step("How to read it")?;
        tell.say("opens: a descriptor comes back at once.");
        tell.say("waits: the child slept in open, and was ended there.");
        tell.say("ENXIO: nobody reads; told to a writer that won't wait.");
        tell.say("O_RDWR is both sides at once, so nothing is missing.");
        Ok(())
    })
}

/// What open has to answer. A FIFO is whole with a reader and a writer, and
/// whoever opens it is one of them, or both.
fn rule(how: OFlag, there: There) -> &'static str {
    let mine = how & OFlag::O_ACCMODE;
    let has_reader = mine != WRITE || there == There::Reader;
    let has_writer = mine != READ || there == There::Writer;
    // A reader that does not wait may come first: it finds an empty pipe
    // without a writer. A writer would have nobody to write to.
    let first = how.contains(OFlag::O_NONBLOCK);
    match (has_reader && (has_writer || first), first) {
        (true, _) => "opens",
        (false, false) => "waits [open]",
        (false, true) => "ENXIO",
    }
}

/// Makes the FIFO anew, and opens it for who is to be there already.
fn fifo_with(
    there: There,
    path: &Path,
) -> Result<(PathGuard, Option<File>), Stop> {
    let made = fifo::make(path)?;
    if there == There::Nobody {
        return Ok((made, None));
    }
    // A reader can come alone, if it does not wait. A writer cannot: a reader
    // lets it in, and leaves.
    let reader = fifo::open(path, READ | OFlag::O_NONBLOCK)?;
    if there == There::Reader {
        return Ok((made, Some(reader)));
    }
    let writer = fifo::open(path, WRITE)?;
    Ok((made, Some(writer)))
}

/// Opens the FIFO in a child. If that waits, the child is ended: its guard is
/// dropped. Otherwise it leaves, with the errno as its status.
fn tried(path: &Path, how: OFlag) -> Result<&'static str, Stop> {
    // SAFETY: this process has one thread.
    let child = match unsafe { fork() }.named("fork")? {
        ForkResult::Parent { child } => ChildGuard::new(child),
        ForkResult::Child => {
            ways_out::end_with_parent();
            let answer = fifo::open(path, how);
            let refused = answer.err().map(|no| no.errno.unwrap_or(Errno::EIO));
            // SAFETY: it ends this process; nothing is used after it.
            unsafe { libc::_exit(refused.map_or(0, |errno| errno as i32)) }
        }
    };
    if hang::is_stuck(child.pid()) {
        return Ok("waits [open]");
    }
    let status = waitpid(child.pid(), None).named("waitpid")?;
    child.reaped();
    match status {
        WaitStatus::Exited(_, 0) => Ok("opens"),
        WaitStatus::Exited(_, libc::ENXIO) => Ok("ENXIO"),
        other => Err(Stop::Failed(format!("open in a child: {other:?}"))),
    }
}
