//! What a writer sends, and how the reader knows that it is whole: anybody who
//! knows the writer and the message's number can make the same bytes again.

use nix::libc::PIPE_BUF;
use shared::frame::HEADER;

/// The writer's number and the message's, four bytes each.
const NAMES: usize = 8;

/// With its frame's header, the longest message is `PIPE_BUF` bytes long.
pub(crate) const LONGEST: usize = PIPE_BUF - HEADER;

/// Bytes without a pattern. Each message is a piece of them, from another
/// place and of another length than the one before.
pub(crate) struct Source(Vec<u8>);

impl Source {
    pub(crate) fn new() -> Self {
        let bytes =
            (0..2 * PIPE_BUF as u64).map(|at| scatter(at).to_le_bytes());
        Self(bytes.map(|[.., high]| high).collect())
    }

    /// A message's bytes, after its names: from none to all that fit.
    fn piece(&self, writer: u32, number: u32) -> &[u8] {
        let chance = scatter(u64::from(writer) << 32 | u64::from(number));
        let [a, b, c, d, ..] = chance.to_be_bytes();
        let start = usize::from(u16::from_be_bytes([a, b])) % PIPE_BUF;
        let most = LONGEST - NAMES + 1;
        let length = usize::from(u16::from_be_bytes([c, d])) % most;
        &self.0[start..start + length]
    }

    /// Puts together the message of this number.
    pub(crate) fn write(&self, writer: u32, number: u32, into: &mut Vec<u8>) {
        into.clear();
        into.extend_from_slice(&writer.to_le_bytes());
        into.extend_from_slice(&number.to_le_bytes());
        into.extend_from_slice(self.piece(writer, number));
    }
}

/// Neighbours end up far apart: Fibonacci hashing, twice.
fn scatter(number: u64) -> u64 {
    let once = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (once ^ once >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Holds what arrives against what was sent: torn, lost, out of order?
pub(crate) struct Checker {
    source: Source,
    /// The number that each writer's next message must have.
    next: Vec<u32>,
    /// How many messages each of them sends.
    each: u32,
}

impl Checker {
    pub(crate) fn new(writers: u32, each: u32) -> Self {
        let next = (0..writers).map(|_| 0).collect();
        Self { source: Source::new(), next, each }
    }

    /// The next message, from whomever: none is torn, and each writer's come
    /// in the order in which they were sent.
    pub(crate) fn take(&mut self, message: &[u8]) -> Result<(), String> {
        let names = message.split_first_chunk().and_then(|(writer, rest)| {
            let (number, piece) = rest.split_first_chunk()?;
            Some((*writer, *number, piece))
        });
        let Some((writer, number, piece)) = names else {
            return Err(format!("{} bytes are no message", message.len()));
        };
        let writer = u32::from_le_bytes(writer);
        let number = u32::from_le_bytes(number);
        let known = self.next.get_mut(writer as usize);
        let next = known.ok_or(format!("writer {writer} is nobody"))?;
        if number != *next {
            let told = format!("writer {writer}: message {number}");
            return Err(format!("{told} comes where {next} is due"));
        }
        if *piece != *self.source.piece(writer, number) {
            return Err(format!("writer {writer}: message {number} is torn"));
        }
        *next += 1;
        Ok(())
    }

    /// Whether all have come; at the end of file, whether some are lost.
    pub(crate) fn is_done(&self) -> bool {
        self.next.iter().all(|next| *next == self.each)
    }
}
