//! A line of the table: a call, the toy's answer, the kernel's answer.

use nix::errno::Errno;
use shared::narrate::Narrator;
use shared::observe::{self, Seen};
use shared::stop::{Stop, must};

use crate::both::Both;
use crate::pipe::Slot;

pub(crate) type Answer = Result<usize, Errno>;

/// What both said to a call.
#[must_use = "nothing is printed before the answers are checked"]
pub(crate) struct Answered<'a> {
    pub(crate) both: &'a Both,
    pub(crate) call: String,
    pub(crate) toy: Answer,
    pub(crate) kernel: Answer,
    /// Whether what came out of both was the same, where bytes came out.
    pub(crate) same_bytes: bool,
}

impl Answered<'_> {
    /// Prints the line, and checks it. The bytes that wait in the kernel are
    /// counted as well: a write that is refused must leave none.
    pub(crate) fn must_be(
        self,
        tell: &mut Narrator,
        expected: Answer,
        why: &str,
    ) -> Result<(), Stop> {
        let text = |answer: Answer| match answer {
            Ok(count) => count.to_string(),
            Err(e) => format!("{e:?}"),
        };
        let (call, toy, kernel) = (self.call, self.toy, self.kernel);
        let answers = format!("{:>8}{:>8}", text(toy), text(kernel));
        tell.remark(format!("{call:<22}{answers}"), why);
        if call.starts_with("F_SETPIPE_SZ") && kernel == Err(Errno::EPERM) {
            let limit = "this user's pipes hold too many pages already, says \
                         /proc/sys/fs/pipe-user-pages-soft";
            return Err(Stop::Failed(format!("{call}: EPERM: {limit}")));
        }
        must(toy == expected, format!("the toy's {call} = {expected:?}"))?;
        must(kernel == expected, format!("{call} = {expected:?}"))?;
        must(self.same_bytes, "both give the same bytes")?;
        let unread = |slot: &Slot| slot.page.len() - slot.read;
        let waiting = self.both.toy.ring.iter().map(unread).sum();
        let end = self.both.readers.first().or(self.both.writers.first());
        let seen = end.map_or(Seen(None), observe::bytes_waiting);
        must(seen.agrees_with(waiting), "as many bytes wait in both")
    }
}
