//! What only Linux has: larger pipes, pages that are lent and passed on, and
//! huge pages.

use std::fs::{self, File};
use std::io::{IoSlice, PipeReader, PipeWriter};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SpliceFFlags, fcntl, splice, vmsplice};
use nix::libc;

const PLAIN: SpliceFFlags = SpliceFFlags::empty();

/// Makes room for `wish` bytes. A user whose pipes have many pages already,
/// more than `pipe-user-pages-soft` in /proc/sys/fs, is refused: EPERM.
pub(crate) fn grow(write_end: &PipeWriter, wish: usize) -> nix::Result<()> {
    let wish = i32::try_from(wish).map_err(|_| Errno::EINVAL)?;
    let granted = fcntl(write_end, FcntlArg::F_SETPIPE_SZ(wish))?;
    if granted < wish { Err(Errno::EINVAL) } else { Ok(()) }
}

/// Lends bytes to the pipe. vmsplice returns at once, and the reader looks at
/// the writer's own pages later: nobody tells the writer when. Until then not
/// a byte of them may change, or what arrives is not what was sent. nix 0.31
/// takes any `&[u8]`, and calls that safe; the example `zero_copy` shows that
/// it is not. Two types make it so here:
///
/// - `&'static [u8]` is shared for ever. No `&mut` to these bytes will exist
///   again, and they are never freed: the loan may last as long as it likes.
/// - `PipeWriter` is a write end, if std's pipe has made it, as here. With a
///   read end, vmsplice goes the other way, and would write into those bytes.
///
/// Programs whose bytes do change fill one buffer while another is lent, each
/// as large as the pipe: when all of the second is in, the first is out. But
/// out is not copied. That trick needs a reader that reads; this one, two
/// rungs on, splices, and the pages are in somebody else's hands.
pub(crate) fn lend(
    write_end: &PipeWriter,
    bytes: &'static [u8],
) -> nix::Result<usize> {
    vmsplice(write_end, &[IoSlice::new(bytes)], PLAIN)
}

/// Passes on up to `most` bytes to a file, which takes the pages as they are.
pub(crate) fn pass_on(
    read_end: &PipeReader,
    to: &File,
    most: usize,
) -> nix::Result<usize> {
    splice(read_end, None, to, None, most, PLAIN)
}

/// A huge page out of those that the administrator has put aside, in which
/// nobody has written yet: hugetlbpage in the kernel's documentation.
pub(crate) fn reserved_page(length: usize) -> Option<&'static mut [u8]> {
    let (any, may) = (std::ptr::null_mut(), libc::PROT_READ | libc::PROT_WRITE);
    let how = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_HUGETLB;
    // SAFETY: a new mapping, where the kernel finds room for it.
    let page = unsafe { libc::mmap(any, length, may, how, -1, 0) };
    if page == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: so many bytes, all 0, which are never unmapped, and which nobody
    // else knows of.
    Some(unsafe { std::slice::from_raw_parts_mut(page.cast(), length) })
}

/// Asks for huge pages, or for none, where these bytes will lie: nobody has
/// written there yet.
pub(crate) fn advise(bytes: &mut [u8], huge: bool) -> nix::Result<()> {
    let advice = if huge { libc::MADV_HUGEPAGE } else { libc::MADV_NOHUGEPAGE };
    let (start, length) = (bytes.as_mut_ptr().cast(), bytes.len());
    // SAFETY: these two change no byte, and they are bytes of ours.
    Errno::result(unsafe { libc::madvise(start, length, advice) }).map(drop)
}

/// How much of what lies at this address is in huge pages, as the kernel has
/// it: an advice need not be followed.
pub(crate) fn huge_kib(bytes: &[u8]) -> Option<usize> {
    let address = bytes.as_ptr().addr();
    let mappings = fs::read_to_string("/proc/self/smaps").ok()?;
    let is_here = |line: &str| {
        let (from, to) = line.split_once(' ')?.0.split_once('-')?;
        let from = usize::from_str_radix(from, 16).ok()?;
        let to = usize::from_str_radix(to, 16).ok()?;
        Some((from..to).contains(&address))
    };
    let mut lines = mappings.lines();
    lines.find(|line| is_here(line) == Some(true))?;
    let huge = lines.find_map(|line| line.strip_prefix("AnonHugePages:"))?;
    huge.trim().strip_suffix(" kB")?.parse().ok()
}
