//! The sizes that are tried, and what they make of a row.

use nix::fcntl::OFlag;
use nix::unistd::{PathconfVar, SysconfVar, fpathconf, pipe, sysconf};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};
use shared::table::Table;

/// The sizes to try: below, at and above `PIPE_BUF`.
pub(crate) struct Sizes {
    pub(crate) atomic: usize,
    pub(crate) page: usize,
}

impl Sizes {
    pub(crate) fn new() -> Result<Self, Stop> {
        let (end, _other) = pipe().named("pipe")?;
        let atomic = fpathconf(&end, PathconfVar::PIPE_BUF);
        let page = sysconf(SysconfVar::PAGE_SIZE).named("sysconf")?;
        let [atomic, page] = [atomic.named("fpathconf")?, page]
            .map(|told| told.and_then(|number| number.try_into().ok()));
        let (Some(atomic), Some(page)) = (atomic, page) else {
            return Err(Stop::Failed("PIPE_BUF is not known".to_string()));
        };
        must(atomic <= page, "PIPE_BUF is not above a page")?;
        Ok(Self { atomic, page })
    }

    /// A row for each size, or one if the size makes no difference.
    pub(crate) fn rows(
        &self,
        tell: &mut Narrator,
        table: &Table<4>,
        pipe: &str,
        cell: impl Fn(usize, OFlag) -> Result<&'static str, Stop>,
    ) -> Result<(), Stop> {
        let mut rows = Vec::new();
        let above = self.page + 1;
        for (name, size) in
            [("1", 1), ("PIPE_BUF", self.atomic), ("a page+1", above)]
        {
            let blocking = cell(size, OFlag::empty())?;
            rows.push([pipe, name, blocking, cell(size, OFlag::O_NONBLOCK)?]);
        }
        if rows.iter().all(|row| row[2..] == rows[0][2..]) {
            rows.truncate(1);
            rows[0][1] = "any size";
        }
        for row in rows {
            table.row(tell, row);
        }
        Ok(())
    }
}
