//! What linux.rs does, on a system that lacks it: ENOSYS, "no such call", is
//! what a kernel says there, and the story says it after it.

use std::fs::File;
use std::io::{PipeReader, PipeWriter};

use nix::errno::Errno::ENOSYS;

pub(crate) fn grow(_write_end: &PipeWriter, _wish: usize) -> nix::Result<()> {
    Err(ENOSYS)
}

pub(crate) fn lend(
    _write_end: &PipeWriter,
    _bytes: &'static [u8],
) -> nix::Result<usize> {
    Err(ENOSYS)
}

pub(crate) fn pass_on(
    _read_end: &PipeReader,
    _to: &File,
    _most: usize,
) -> nix::Result<usize> {
    Err(ENOSYS)
}

pub(crate) fn reserved_page(_length: usize) -> Option<&'static mut [u8]> {
    None
}

pub(crate) fn advise(_bytes: &mut [u8], _huge: bool) -> nix::Result<()> {
    Err(ENOSYS)
}

pub(crate) fn huge_kib(_bytes: &[u8]) -> Option<usize> {
    None
}
