//! The name outlives the programs that met at it. After a crash it is still
//! there; something else can have it; and who waits in open waits for the
//! FIFO that was found, not for the name.
//!
//! What you will see: a server that cannot start again, a client whose message
//! goes into a file, a writer that unlink leaves behind; then each mended.
//! `-- --hang` stops at the writer left behind, for you to look at.
//!
//! Run it: `cargo run -p named-pipe-uni --example stale_name`. People met it
//! in just-containers/s6-overlay#43, Opendigitalradio/ODR-DabMux#18 and
//! NagiosEnterprises/nagioscore#310, where the last cure is from. Man pages:
//! mkfifo(3), "ERRORS"; unlink(2). Claims: [NU-21] [NU-35] [NU-51] [NU-61].

use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::process::ExitCode;

use named_pipe_uni::fifo::{self, Home};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::sys::stat::Mode;
use nix::unistd::{ForkResult, fork, geteuid, mkfifo, write};
use shared::bug;
use shared::cli::About;
use shared::observe::hang;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard, PathGuard};

fn main() -> ExitCode {
    let shows = "A FIFO's name outlives the programs that met at it";
    let about = About { shows, hangs: true, ..shared::about!() };
    bug::run(&about, |tell, halves| {
        let home = Home::new()?;
        let path = home.path().join("work");
        let _cleaner = PathGuard::new(&path)?;
        let remove = |path| fs::remove_file(path).named("unlink");
        let as_reader = OFlag::O_RDONLY | OFlag::O_NONBLOCK;

        if halves.broken {
            tell.step("Broken: the server crashed, and starts again")?;
            must(make(&path, false) == Ok(()), "the first start is well")?;
            must(make(&path, false) == Err(Errno::EEXIST), "a name taken")?;
            tell.say("mkfifo = EEXIST. It does not start.");
            remove(&path)?;

            tell.step("Broken: a client that creates what is missing")?;
            must(send(&path, false) == Ok(4), "the client is content")?;
            must(fs::metadata(&path).is_ok_and(|at| at.len() == 4), "a file")?;
            tell.say("write = 4: into a new regular file. Nobody reads it.");
            remove(&path)?;

            // The same name, a new FIFO, and a reader: none of it helps.
            tell.step("Broken: unlink, with a writer in open")?;
            let writer = waiting_writer(&path)?;
            remove(&path)?;
            make(&path, false).named("mkfifo")?;
            let _reader = fifo::open(&path, as_reader)?;
            let client = [(writer.pid(), "client")];
            halves.explain_hang(tell, &writer, &client)?;
            tell.say("The name has a new FIFO, with a reader. Not that one.");
            remove(&path)?;
        }
        if halves.mended {
            tell.step("Mended: a FIFO of one's own is taken over")?;
            must(make(&path, true) == Ok(()), "the first start is well")?;
            must(make(&path, true) == Ok(()), "and so is the second")?;
            tell.say("mkfifo = EEXIST. lstat: a FIFO, and mine. It starts.");
            remove(&path)?;

            tell.step("Mended: a client that looks at what it opened")?;
            must(send(&path, true) == Err(Some(Errno::ENOENT)), "no O_CREAT")?;
            File::create_new(&path).named("open")?;
            must(send(&path, true) == Err(None), "no FIFO")?;
            must(make(&path, true) == Err(Errno::EEXIST), "not taken over")?;
            tell.say("No name: ENOENT, and no file is made. A file: refused.");
            remove(&path)?;

            // Aside, no new client finds it. The one in open gets a reader,
            // who leaves at once: EPIPE.
            tell.step("Mended: first the writer goes, then the name")?;
            let writer = waiting_writer(&path)?;
            let aside = PathGuard::new(&home.path().join("aside"))?;
            fs::rename(&path, aside.path()).named("rename")?; // <-- the fix
            drop(fifo::open(aside.path(), as_reader)?); // <-- the fix
            aside.remove().named("unlink")?;
            bug::ends_well(writer)?;
            tell.say("rename, open, unlink: its open returned, then EPIPE.");
        }
        Ok(())
    })
}

/// A server's first call. An earlier run may have left the name behind.
fn make(path: &Path, mended: bool) -> nix::Result<()> {
    match mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR) {
        Err(Errno::EEXIST) if mended && is_mine(path) => Ok(()), // <-- the fix
        answer => answer,
    }
}

/// lstat does not follow a symbolic link, which may lead anywhere.
fn is_mine(path: &Path) -> bool {
    let me = geteuid().as_raw();
    fs::symlink_metadata(path)
        .is_ok_and(|found| found.file_type().is_fifo() && found.uid() == me)
}

/// A client's one message. A shell's `>` and `File::create` add `O_CREAT`;
/// `fifo::open` does not, and asks fstat what it has opened.
fn send(path: &Path, mended: bool) -> Result<usize, Option<Errno>> {
    let fifo = if mended {
        fifo::open(path, OFlag::O_WRONLY).map_err(|no| no.errno)? // <-- the fix
    } else {
        let how = OFlag::O_WRONLY | OFlag::O_CREAT;
        File::from(open(path, how, Mode::S_IRUSR | Mode::S_IWUSR)?)
    };
    Ok(write(&fifo, b"ping")?)
}

/// A FIFO, and a child that waits in open for its reader. Then the child
/// writes until it is told that nobody reads.
fn waiting_writer(path: &Path) -> Result<ChildGuard, Stop> {
    make(path, false).named("mkfifo")?;
    // SAFETY: this process has one thread.
    let ForkResult::Parent { child } = unsafe { fork() }.named("fork")? else {
        ways_out::end_with_parent();
        let told = fifo::open(path, OFlag::O_WRONLY).is_ok_and(|fifo| {
            let refused = |_| write(&fifo, b"ping").err();
            (0..).find_map(refused) == Some(Errno::EPIPE)
        });
        // SAFETY: it ends this process; nothing is used after it.
        unsafe { libc::_exit(i32::from(!told)) }
    };
    let child = ChildGuard::new(child);
    must(hang::is_stuck(child.pid()), "the writer waits in open")?;
    Ok(child)
}
