//! Two directions are two pipes: requests go one way, answers the other. The
//! end of the requests is an end of file, and needs no message. Man pages:
//! pipe(7), waitpid(2).

use std::io::{PipeReader, PipeWriter, Read};
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, getpid, pipe};
use shared::deadline;
use shared::frame::{FrameReader, FrameWriter};
use shared::narrate::Narrator;
use shared::picture;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

use crate::count::Count;
use crate::input::Input;
use crate::peak;
use crate::{leave, reap};

/// A pipe has one direction: requests take one, answers another.
pub(crate) fn count(
    tell: &mut Narrator,
    input: &mut Input,
) -> Result<(), Stop> {
    tell.step("Two directions are two pipes")?;
    let (requests_out, requests_in) = pipe().named("pipe")?;
    let (answers_out, answers_in) = pipe().named("pipe")?;
    let (q, w) = (requests_out.as_raw_fd(), requests_in.as_raw_fd());
    let (r, a) = (answers_out.as_raw_fd(), answers_in.as_raw_fd());
    tell.remark(format!("pipe() = [{q}, {w}]"), "for requests to the child");
    tell.remark(format!("pipe() = [{r}, {a}]"), "for answers from the child");

    let held = ways_out::hold_signals()?;
    // SAFETY: this process has one thread, as in main.rs.
    let child = match unsafe { fork() }.named("fork")? {
        // Four descriptors came along. Two are not the child's business.
        ForkResult::Child => {
            ways_out::end_with_parent();
            drop((requests_in, answers_out));
            let (requests, answers) = (requests_out.into(), answers_in.into());
            // Lent, so that _exit closes them: what the child has to say of an
            // error is said before the parent meets the end of file.
            let mut tell = tell.second_column();
            let any_size = input.any_size;
            leave(count_requests(&mut tell, &requests, &answers, any_size));
        }
        ForkResult::Parent { child } => child,
    };
    drop((requests_out, answers_in));
    let mut requests = FrameWriter::new(PipeWriter::from(requests_in));
    let mut answers = FrameReader::new(PipeReader::from(answers_out));
    // What is declared last is dropped first: should the story end early, the
    // child is ended before it can take that for the end of the requests.
    let guard = ChildGuard::new(child);
    drop(held);

    // An empty frame is a frame. It says "ready", and that the child will be
    // silent from now on until the requests end.
    let ready = answers.recv().named("recv")?;
    must(ready == Some(b""), "the child says that it is ready")?;
    tell.remark(format!("fork() = {child}"), "each closes two of four ends");
    tell.remark("recv = \"\"", "an empty frame: the child is ready");
    let both = [(getpid(), "parent"), (child, "child")];
    for (what, end) in [
        ("requests", requests.get_ref().as_fd()),
        ("answers", answers.get_ref().as_fd()),
    ] {
        tell.say(format!("{what}: {}", picture::sides(end, &both)));
    }

    // The input may be slow: a terminal, another pipe. The deadline stands
    // still while it is waited for.
    tell.step("The end of the requests is the end of file")?;
    tell.say(format!("I send {}", input.name));
    let mut piece = vec![0; 32 * 1024];
    let (mut frames, mut bytes) = (0, 0_u64);
    loop {
        deadline::rest();
        let count = read_input(input, &mut piece)?;
        deadline::arm();
        if count == 0 {
            break;
        }
        requests.send(&piece[..count]).named("send to the child")?;
        (frames, bytes) = (frames + 1, bytes + count as u64);
    }
    tell.say(format!("frames: {frames}, bytes: {bytes}"));
    tell.say(format!("close({w})  that was all"));
    drop(requests); // BREAK 2

    let answer = answers.recv().named("recv")?.unwrap_or_default();
    let answer = String::from_utf8_lossy(answer);
    let counted = format!(" bytes: {bytes}");
    must(answer.ends_with(&counted), "the child counts the bytes I sent")?;
    tell.say(format!("the answer: {answer}"));
    if input.any_size {
        tell.say(peak::so_far());
    }

    tell.step("A child leaves its status behind")?;
    reap(tell, guard, child)?;
    tell.guess("waitpid for the same child, once more")?;
    tell.call(format!("waitpid({child})"), || waitpid(child, None))
        .must_be(Err(Errno::ECHILD), "told once, then forgotten")
}

/// The child's side: counts all requests, then answers once.
fn count_requests(
    tell: &mut Narrator,
    requests: &PipeReader,
    answers: &PipeWriter,
    any_size: bool,
) -> Result<(), Stop> {
    let mut requests = FrameReader::new(requests);
    let mut answers = FrameWriter::new(answers);
    answers.send(b"").named("send to the parent")?;
    let (mut frames, mut count) = (0, Count::default());
    // [eof]
    while let Some(request) = requests.recv().named("recv")? {
        count.add(request);
        frames += 1;
    }
    tell.say(format!("frames: {frames}, then end of file [eof]"));
    // Each request lay in the same buffer, where the next one followed it.
    if any_size {
        tell.say(peak::so_far());
    }
    tell.say("I answer, and _exit(0)");
    answers.send(count.to_string().as_bytes()).named("send to the parent")?;
    tell.still_heard()
}

fn read_input(input: &mut Input, into: &mut [u8]) -> Result<usize, Stop> {
    loop {
        match input.bytes.read(into) {
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            answer => return answer.named(format!("read {}", input.name)),
        }
    }
}
