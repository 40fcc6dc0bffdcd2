//! One seed's story: calls on a toy and on a real pipe, and a look at both
//! answers after each.

use std::fmt::Display;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use harness::experiment::becomes;
use harness::get;
use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::unistd::{dup, read, write};

use super::came::{Came, Counts};
use super::model;
use super::random::Random;
use crate::tools::{capacity, nonblocking_pipe, page, ready, resize, waiting};

/// The most slots that a pipe is asked to have.
const MOST: usize = 16;

/// A toy and a real pipe that get the same calls.
pub(super) struct Story {
    seed: u64,
    random: Random,
    toy: model::Pipe,
    readers: Vec<OwnedFd>,
    writers: Vec<OwnedFd>,
    /// Bytes to write; no two places in it look alike.
    source: Vec<u8>,
    /// What the toy and the real pipe are read into.
    got: [Vec<u8>; 2],
}

/// What the toy answered, and the kernel.
type Answers = (Result<usize, Errno>, Result<usize, Errno>);

impl Story {
    pub(super) fn new() -> Self {
        let (toy, reader, writer) = fresh();
        let most = MOST * toy.page;
        let mut random = Random(0);
        let mut source = vec![0; 2 * most];
        for place in source.chunks_exact_mut(8) {
            place.copy_from_slice(&random.next().to_le_bytes());
        }
        let (readers, writers) = (vec![reader], vec![writer]);
        let got = [vec![0; most], vec![0; most]];
        Self { seed: 0, random, toy, readers, writers, source, got }
    }

    /// All that comes of one seed.
    pub(super) fn tell(&mut self, seed: u64, calls: usize, came: &mut Counts) {
        (self.seed, self.random) = (seed, Random(seed));
        self.begin_again();
        let mut writes = 0;
        for call in 0..calls {
            // Now it fills up, now it runs empty.
            if call % 64 == 0 {
                writes = 2 + self.random.below(7);
            }
            if self.readers.is_empty() && self.writers.is_empty() {
                self.begin_again();
            }
            came[self.call(writes) as usize] += 1;
        }
    }

    fn begin_again(&mut self) {
        let (toy, reader, writer) = fresh();
        self.toy = toy;
        (self.readers, self.writers) = (vec![reader], vec![writer]);
    }

    /// Any call that there is an end for. Of ten that move bytes, so many
    /// are writes.
    fn call(&mut self, writes: usize) -> Came {
        let one_sided = self.readers.is_empty() || self.writers.is_empty();
        let closes = if one_sided { 50 } else { 5 };
        match self.random.below(1000) {
            roll if roll < closes => self.close(),
            990.. => self.dup(),
            970.. => self.resize(),
            940.. => self.look(),
            _ if self.writers.is_empty() => self.read(),
            _ if self.readers.is_empty() => self.write(),
            _ if self.random.below(10) < writes => self.write(),
            _ => self.read(),
        }
    }

    fn write(&mut self) -> Came {
        let (page, slots) = (self.toy.page, self.toy.ring.len());
        let room = self
            .toy
            .ring
            .back()
            .map_or(0, |last| page.saturating_sub(last.page.len()));
        let free = self.toy.slots * page - self.waiting();
        let length = self.length(room);
        let from = self.random.below(self.source.len() - length);
        let bytes = &self.source[from..][..length];
        let answers = (self.toy.write(bytes), write(&self.writers[0], bytes));
        self.agree("write", length, answers);
        match answers.1 {
            Ok(taken) if taken < length => Came::WroteAPart,
            Ok(1..) if self.toy.ring.len() == slots => {
                Came::WroteIntoTheLastPage
            }
            Ok(_) => Came::WroteAll,
            Err(Errno::EPIPE) => Came::NoReader,
            Err(_) if length <= free => Came::FullThoughBytesWereFree,
            Err(_) => Came::Full,
        }
    }

    fn read(&mut self) -> Came {
        let first = self.toy.ring.front();
        let unread = first.map_or(0, |first| first.page.len() - first.read);
        let length = self.length(unread);
        let [a, b] = &mut self.got;
        let (a, b) = (&mut a[..length], &mut b[..length]);
        let answers = (self.toy.read(a), read(&self.readers[0], b));
        // Behind what was read, both hold what earlier calls left there.
        let same = a == b;
        self.agree("read", length, answers);
        assert!(same, "read({length}): other bytes; {}", self.place());
        match answers.1 {
            Ok(0) if length > 0 => Came::EndOfFile,
            Ok(taken) if taken < length => Came::ReadAPart,
            Ok(_) => Came::ReadAll,
            Err(_) => Came::Empty,
        }
    }

    fn resize(&mut self) -> Came {
        let pages = 1 << self.random.below(MOST.ilog2() as usize + 1);
        let near = pages * self.toy.page + self.random.below(3) - 1;
        let bytes = if self.random.below(8) == 0 { 0 } else { near };
        let before = self.toy.slots;
        let real = resize(self.end(), bytes);
        if real == Err(Errno::EPERM) && bytes > before * self.toy.page {
            return Came::OverTheQuota;
        }
        let answers = (self.toy.resize(bytes), real);
        self.agree("F_SETPIPE_SZ", bytes, answers);
        match answers.1 {
            Err(_) => Came::Busy,
            Ok(_) if self.toy.slots > before => Came::Grew,
            Ok(_) if self.toy.slots < before => Came::Shrank,
            Ok(_) => Came::KeptItsSize,
        }
    }

    /// What only asks: FIONREAD, `F_GETPIPE_SZ` and poll.
    fn look(&mut self) -> Came {
        let (end, toy) = (self.end(), &self.toy);
        let real = (waiting(end), capacity(end));
        let told = (self.waiting(), toy.slots * toy.page);
        assert_eq!(told, real, "FIONREAD, F_GETPIPE_SZ; {}", self.place());
        if let Some(end) = self.writers.first() {
            let room = ready(end, PollFlags::POLLOUT);
            let real = room.contains(PollFlags::POLLOUT);
            let told = toy.ring.len() < toy.slots;
            assert_eq!(told, real, "POLLOUT; {}", self.place());
        }
        if let Some(end) = self.readers.first() {
            let bytes = ready(end, PollFlags::POLLIN);
            let real = bytes.contains(PollFlags::POLLIN);
            assert_eq!(!toy.ring.is_empty(), real, "POLLIN; {}", self.place());
        }
        Came::Look
    }

    fn dup(&mut self) -> Came {
        let (ends, count) = self.either_side();
        if let Some(end) = ends.first() {
            let copy = get(dup(end), "dup");
            ends.push(copy);
            *count += 1;
        }
        Came::Dup
    }

    /// The oldest goes first, so that copies have to do its work.
    fn close(&mut self) -> Came {
        let (ends, count) = self.either_side();
        if !ends.is_empty() {
            drop(ends.remove(0));
            *count -= 1;
        }
        // What is closed here a program that another test is starting still
        // holds, from its fork to its exec.
        let gone = match (self.readers.first(), self.writers.first()) {
            (Some(end), None) => Some((end, PollFlags::POLLHUP)),
            (None, Some(end)) => Some((end, PollFlags::POLLERR)),
            _ => None,
        };
        if let Some((end, sign)) = gone {
            let told = || ready(end, PollFlags::empty()).contains(sign);
            assert!(becomes(told), "no {sign:?}; {}", self.place());
        }
        Came::Close
    }

    fn either_side(&mut self) -> (&mut Vec<OwnedFd>, &mut usize) {
        if self.random.below(2) == 0 {
            (&mut self.readers, &mut self.toy.readers)
        } else {
            (&mut self.writers, &mut self.toy.writers)
        }
    }

    /// An end of either side, for the questions that both answer.
    fn end(&self) -> BorrowedFd<'_> {
        let mut ends = self.writers.iter().chain(&self.readers);
        let Some(end) = ends.next() else { panic!("no end is open") };
        end.as_fd()
    }

    /// How many bytes: a few, most often; about what fits; about some whole
    /// pages; any number.
    fn length(&mut self, fits: usize) -> usize {
        let page = self.toy.page;
        let about = |here: usize, by: usize| (here + by).saturating_sub(1);
        match self.random.below(16) {
            0..6 => self.random.below(64),
            6..9 => about(fits, self.random.below(3)),
            9..12 => about(self.random.below(4) * page, self.random.below(3)),
            12..15 => self.random.below(page),
            _ => self.random.below(MOST * page),
        }
    }

    /// Bytes that wait in the toy.
    fn waiting(&self) -> usize {
        let unread = |slot: &model::Slot| slot.page.len() - slot.read;
        self.toy.ring.iter().map(unread).sum()
    }

    fn agree(&self, call: impl Display, bytes: usize, (toy, kernel): Answers) {
        assert_eq!(
            toy,
            kernel,
            "the toy and the kernel, {call} with {bytes} bytes; {}",
            self.place()
        );
    }

    /// Where the two disagree, for whoever looks into it.
    fn place(&self) -> String {
        let slot = |slot: &model::Slot| (slot.read, slot.page.len());
        let ring: Vec<_> = self.toy.ring.iter().map(slot).collect();
        let (seed, slots) = (self.seed, self.toy.slots);
        format!("seed {seed}; the toy, after it: {slots} slots, {ring:?}")
    }
}

/// An empty pipe of each kind. The toy gets as many slots as the kernel gave
/// this user's pipe.
fn fresh() -> (model::Pipe, OwnedFd, OwnedFd) {
    let (reader, writer) = nonblocking_pipe();
    let slots = capacity(&writer) / page();
    (model::Pipe::new(slots, page()), reader, writer)
}
