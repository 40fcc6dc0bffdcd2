//! A pipe as Linux makes it, without the waiting: where a blocking call would
//! sleep, these say EAGAIN. A test makes a million random calls on this file
//! and on a real pipe, and gets the same answers and the same bytes.
//!
//! Linux has the ring of pages since 2.6.11 (2005), which let only writes of
//! less than a page go behind the last bytes; 2.6.24 (2008) has the rules as
//! they stand here, and 2.6.35 (2010) came with resizing. Left out: packets
//! (`O_DIRECT`), splice(2), and how many pages a user may have.

use std::collections::VecDeque;

use nix::errno::Errno;

/// A page of memory that is in use.
pub(crate) struct Slot {
    /// What was written into it. A read takes nothing away: only behind these
    /// bytes is there room, up to the end of the page.
    pub(crate) page: Vec<u8>,
    /// How many of them were read.
    pub(crate) read: usize,
}

/// What the kernel keeps of a pipe: bytes in order, and two counts.
pub(crate) struct Pipe {
    /// The slots in use, the oldest one first: a `VecDeque` is a ring.
    pub(crate) ring: VecDeque<Slot>,
    /// How many there may be: no byte is counted anywhere.
    pub(crate) slots: usize,
    /// Bytes of a page.
    pub(crate) page: usize,
    /// Open read ends: dup adds one, close takes one away. (The kernel counts
    /// descriptions, and each of those its descriptors: the sum will do.)
    pub(crate) readers: usize,
    /// Open write ends.
    pub(crate) writers: usize,
}

impl Pipe {
    /// pipe(2)
    pub(crate) fn new(slots: usize, page: usize) -> Self {
        Self { ring: VecDeque::new(), slots, page, readers: 1, writers: 1 }
    }

    /// write(2)
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        if self.readers == 0 && !bytes.is_empty() {
            return Err(Errno::EPIPE); // [epipe]
        }
        // What is over after whole pages goes behind the last bytes, into
        // their page: all of it, or none. So the rest is whole pages again;
        // and of a write that is shorter than a page there is no rest.
        let over = bytes.len() % self.page;
        let mut taken = match self.ring.back_mut() {
            Some(last) if last.page.len() + over <= self.page => {
                last.page.extend(&bytes[..over]);
                over
            }
            _ => 0,
        };
        // Anything else takes a slot for each page it begins. Up to a page
        // that is one slot, which is free or is not: neither here nor above
        // is such a write torn, which is why PIPE_BUF bytes are atomic. A
        // longer one takes what is left, and may stop between two pages.
        let free = self.slots - self.ring.len();
        for page in bytes[taken..].chunks(self.page).take(free) {
            self.ring.push_back(Slot { page: page.to_vec(), read: 0 });
            taken += page.len();
        }
        let full = taken == 0 && !bytes.is_empty();
        if full { Err(Errno::EAGAIN) } else { Ok(taken) } // [full]
    }

    /// read(2)
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let mut taken = 0;
        while taken < buffer.len() {
            let Some(first) = self.ring.front_mut() else { break };
            let unread = &first.page[first.read..];
            let length = unread.len().min(buffer.len() - taken);
            buffer[taken..][..length].copy_from_slice(&unread[..length]);
            taken += length;
            first.read += length;
            // A slot is free when its last byte is read, not before: a full
            // pipe needs a whole page read to take one byte more.
            if first.read == first.page.len() {
                self.ring.pop_front();
            }
        }
        // Without a writer it does not wait: 0 is the end of file. [eof]
        let waits = taken == 0 && !buffer.is_empty() && self.writers > 0;
        if waits { Err(Errno::EAGAIN) } else { Ok(taken) } // [empty]
    }

    /// fcntl(2), `F_SETPIPE_SZ`: a power of two of pages. To shrink it, slots
    /// are counted, however little is in them.
    pub(crate) fn resize(&mut self, bytes: usize) -> Result<usize, Errno> {
        let slots = bytes.div_ceil(self.page).next_power_of_two();
        if slots < self.ring.len() {
            return Err(Errno::EBUSY);
        }
        self.slots = slots;
        Ok(slots * self.page)
    }
}
