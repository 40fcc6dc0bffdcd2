//! The toy and a real pipe, side by side: each call goes to both.

use std::iter;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{SysconfVar, dup, pipe, read, sysconf, write};
use shared::narrate::Narrator;
use shared::observe;
use shared::stop::{Named, Stop};

use crate::answered::{Answer, Answered};
use crate::pipe::Pipe;

/// How many characters a slot is drawn with.
const DRAWN: usize = 8;

pub(crate) struct Both {
    pub(crate) toy: Pipe,
    pub(crate) readers: Vec<OwnedFd>,
    pub(crate) writers: Vec<OwnedFd>,
    /// Bytes that were to be written so far.
    written: usize,
}

impl Both {
    /// pipe(2), and a toy with as many slots as the kernel gave us.
    pub(crate) fn new() -> Result<Self, Stop> {
        let (reader, writer) = pipe().named("pipe")?;
        for end in [&reader, &writer] {
            let flags = FcntlArg::F_SETFL(OFlag::O_NONBLOCK);
            fcntl(end, flags).named("fcntl F_SETFL")?;
        }
        let page = sysconf(SysconfVar::PAGE_SIZE).named("sysconf")?;
        let page = page.and_then(|bytes| usize::try_from(bytes).ok());
        let page = page.unwrap_or(0).max(1);
        let slots = observe::capacity(&writer).0.unwrap_or(0) / page;
        let toy = Pipe::new(slots, page);
        let (readers, writers) = (vec![reader], vec![writer]);
        Ok(Self { toy, readers, writers, written: 0 })
    }

    pub(crate) fn write(&mut self, length: usize) -> Answered<'_> {
        // 251 is a prime: no two pages look alike.
        let bytes = (0..251).cycle().skip(self.written % 251);
        let bytes: Vec<u8> = bytes.take(length).collect();
        self.written += length;
        let toy = self.toy.write(&bytes);
        let kernel = write(&self.writers[0], &bytes);
        self.answered(format!("write({length})"), toy, kernel)
    }

    /// Writes of one length until no more go in, and what went in.
    pub(crate) fn fill(&mut self, length: usize) -> Answered<'_> {
        let (mut toy, mut kernel) = (0, 0);
        while let Answered { toy: Ok(a), kernel: Ok(b), .. } =
            self.write(length)
        {
            (toy, kernel) = (toy + a, kernel + b);
        }
        self.answered(format!("write({length}) ..."), Ok(toy), Ok(kernel))
    }

    pub(crate) fn read(&mut self, length: usize) -> Answered<'_> {
        let mut bytes = [vec![0; length], vec![0; length]];
        let toy = self.toy.read(&mut bytes[0]);
        let kernel = read(&self.readers[0], &mut bytes[1]);
        let same = bytes[0] == bytes[1];
        let answered = self.answered(format!("read({length})"), toy, kernel);
        Answered { same_bytes: same, ..answered }
    }

    pub(crate) fn resize(&mut self, bytes: usize) -> Answered<'_> {
        let toy = self.toy.resize(bytes);
        let kernel = set_capacity(&self.writers[0], bytes);
        self.answered(format!("F_SETPIPE_SZ({bytes})"), toy, kernel)
    }

    /// dup(2): one number more for the same write end.
    pub(crate) fn dup_writer(
        &mut self,
        tell: &mut Narrator,
    ) -> Result<(), Stop> {
        let copy = dup(&self.writers[0]).named("dup")?;
        let old = self.writers[0].as_raw_fd();
        let call = format!("dup({old}) = {}", copy.as_raw_fd());
        self.writers.push(copy);
        self.toy.writers += 1;
        tell.remark(call, &self.ends());
        Ok(())
    }

    pub(crate) fn close_writer(&mut self, tell: &mut Narrator) {
        let end = self.writers.remove(0);
        self.toy.writers -= 1;
        tell.remark(format!("close({})", end.as_raw_fd()), &self.ends());
    }

    pub(crate) fn close_reader(&mut self, tell: &mut Narrator) {
        let end = self.readers.remove(0);
        self.toy.readers -= 1;
        tell.remark(format!("close({})", end.as_raw_fd()), &self.ends());
    }

    fn ends(&self) -> String {
        let Pipe { readers, writers, .. } = self.toy;
        format!("   readers: {readers}, writers: {writers}")
    }

    fn answered(
        &self,
        call: String,
        toy: Answer,
        kernel: Answer,
    ) -> Answered<'_> {
        Answered { both: self, call, toy, kernel, same_bytes: true }
    }

    /// The slots of the toy; the kernel shows its own to nobody.
    pub(crate) fn draw(&self, tell: &mut Narrator) {
        let page = self.toy.page;
        let used = self.toy.ring.iter().map(|slot| {
            let read = slot.read * DRAWN / page;
            let written = (slot.page.len() * DRAWN).div_ceil(page);
            let (read, unread) = ("-".repeat(read), "#".repeat(written - read));
            format!("[{:.<DRAWN$}]", read + &unread)
        });
        let free = iter::repeat_n(format!("[{:DRAWN$}]", ""), self.toy.slots);
        let slots: Vec<_> = used.chain(free).take(self.toy.slots).collect();
        tell.say(slots.concat());
    }
}

#[cfg(target_os = "linux")]
fn set_capacity(end: &OwnedFd, bytes: usize) -> Answer {
    let bytes = i32::try_from(bytes).map_err(|_| Errno::EINVAL)?;
    let answer = fcntl(end, FcntlArg::F_SETPIPE_SZ(bytes))?;
    Ok(usize::try_from(answer).unwrap_or(0))
}

/// Only Linux has it, and the story ends before it comes to this.
#[cfg(not(target_os = "linux"))]
fn set_capacity(_end: &OwnedFd, _bytes: usize) -> Answer {
    Err(Errno::EINVAL)
}
