//! Two readers on one stream of frames steal from each other. A byte goes to
//! whoever reads first, and a read ends where it ends: what one reader took of
//! a frame, the other misses. Both are out of step, for good.
//!
//! What you will see: twenty jobs for two workers who take turns at one FIFO:
//! what came whole, what came that nobody sent, and how the framing crate puts
//! it. Then one FIFO for each worker, and all twenty.
//!
//! Run it: `cargo run -p named-pipe-bidi --example stolen_frames`. People met
//! it in stackoverflow.com/questions/45769534, a pool of workers on one pipe,
//! and "Advanced Programming in the UNIX Environment", 15.5, warns of it.
//! Man page: pipe(7), "I/O on pipes and FIFOs". Claims: [NU-53] [SH-20].

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use named_pipe_uni::fifo::{self, Home};
use nix::fcntl::OFlag;
use shared::bug;
use shared::cli::About;
use shared::frame::{FrameError, FrameReader, FrameWriter};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};

/// Job 0 is 101 times the letter a, job 1 the letter b, and so on: a mixture
/// can be told from a job. All are written before anybody reads. So they are
/// short: a user who has very many pipes gets new ones of 8192 or 4096 bytes.
const JOBS: u8 = 20;
const LENGTH: usize = 101;

/// How many bytes a worker asks for at once: of all the jobs, less than half.
const AHEAD: usize = 900;

/// Who does the jobs, and what arrived.
struct Worker {
    frames: FrameReader<File>,
    whole: u8,
    mixed: u8,
    /// Why it stopped, once it has.
    stopped: Option<Result<(), FrameError>>,
}

fn main() -> ExitCode {
    let shows = "Two readers on one stream of frames are both out of step";
    let about = About { shows, ..shared::about!() };
    bug::run(&about, |tell, halves| {
        let home = Home::new()?;
        if halves.broken {
            tell.step("Broken: two workers read from one FIFO")?;
            let both = home.path().join("both");
            let _made = fifo::make(&both)?;
            let workers = share_out(&both, &both)?;
            let out_of_step = |worker: &Worker| {
                let why = worker.stopped.as_ref();
                matches!(why, Some(Err(FrameError::TooLarge { .. })))
            };
            must(workers.iter().all(out_of_step), "both fail")?;
            let [left, right] = &workers;
            must(left.whole + right.whole < JOBS, "jobs are lost")?;
            must(left.mixed + right.mixed > 0, "and one is invented")?;
            report(tell, &workers);
            tell.say("Each took four letters of a job for a length.");
        }
        if halves.mended {
            tell.step("Mended: one FIFO for each worker")?;
            let left = home.path().join("left");
            let right = home.path().join("right");
            let _made = (fifo::make(&left)?, fifo::make(&right)?);
            let workers = share_out(&left, &right)?; // <-- the fix
            let well = |worker: &Worker| {
                let end = matches!(worker.stopped, Some(Ok(())));
                end && (worker.whole, worker.mixed) == (JOBS / 2, 0)
            };
            must(workers.iter().all(well), "every job arrives")?;
            report(tell, &workers);
        }
        Ok(())
    })
}

/// Writes the jobs, by turns to the left and to the right. Then the workers
/// read, by turns, until both have stopped.
fn share_out(left: &Path, right: &Path) -> Result<[Worker; 2], Stop> {
    // The readers do not wait in open: here one process is all of them.
    let how = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    let worker = |path| {
        let frames = FrameReader::new(fifo::open(path, how)?);
        let frames = frames.with_buffer(AHEAD);
        Ok::<_, Stop>(Worker { frames, whole: 0, mixed: 0, stopped: None })
    };
    let mut workers = [worker(left)?, worker(right)?];
    let writer = |path| fifo::open(path, OFlag::O_WRONLY).map(FrameWriter::new);
    let mut writers = [writer(left)?, writer(right)?];
    for job in 0..JOBS {
        let letters = [b'a' + job; LENGTH];
        writers[usize::from(job % 2)].send(&letters).named("send")?;
    }
    drop(writers);

    // A reader of frames reads ahead, as much as its buffer holds: up to
    // somewhere inside a job. The next read, whoever makes it, begins there.
    while workers.iter().any(|worker| worker.stopped.is_none()) {
        for worker in &mut workers {
            work(worker);
        }
    }
    Ok(workers)
}

/// One turn: one frame, from whatever is next in the pipe.
fn work(worker: &mut Worker) {
    if worker.stopped.is_none() {
        match worker.frames.recv() {
            Ok(Some(job)) => {
                let mixed = job.iter().any(|letter| *letter != job[0]);
                worker.mixed += u8::from(mixed);
                worker.whole += u8::from(!mixed);
            }
            Ok(None) => worker.stopped = Some(Ok(())),
            Err(e) => worker.stopped = Some(Err(e)),
        }
    }
}

fn report(tell: &mut Narrator, workers: &[Worker; 2]) {
    for (name, worker) in ["left", "right"].iter().zip(workers) {
        let Worker { whole, mixed, .. } = worker;
        tell.say(format!(
            "{name}: {whole} jobs, {mixed} that nobody sent, then"
        ));
        match &worker.stopped {
            Some(Err(e)) => tell.say(format!("   {e}")),
            _ => tell.say("   the end of file"),
        }
    }
}
