//! A stream of numbered messages, where it arrives.

use std::io::Read;

use shared::frame::FrameReader;
use shared::stop::{Named, Stop, must};

/// Bytes of a message's number, with which it begins. A message that is not
/// longer is the last: it says how many came before it.
pub(crate) const NUMBER: usize = size_of::<u64>();

/// Takes all there is, and looks at it: how long each message is, and whether
/// it is the next one. The kernel loses no byte of a pipe; a program that
/// counts wrong is easily written.
///
/// # Returns
///
/// How many there were.
pub(crate) fn all(
    frames: &mut FrameReader<impl Read>,
    payload: usize,
) -> Result<u64, Stop> {
    let mut next = 0_u64;
    loop {
        let Some(message) = frames.recv().named("recv")? else {
            return Err(wrong(next, "the end of file came before the count"));
        };
        let number = message.first_chunk().copied().map(u64::from_le_bytes);
        if number != Some(next) {
            return Err(wrong(next, "another one came, or one was lost"));
        }
        if message.len() == NUMBER {
            break;
        }
        if message.len() != payload {
            return Err(wrong(next, "it has another length"));
        }
        next += 1;
    }
    let end = frames.recv().named("recv")?;
    must(end.is_none(), "after the count comes the end of file")?;
    Ok(next)
}

fn wrong(number: u64, what: &str) -> Stop {
    Stop::Failed(format!("message {number}: {what}"))
}
