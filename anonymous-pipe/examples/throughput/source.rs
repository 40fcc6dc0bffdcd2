//! The bytes that the writer gives, in small pages or in a huge one.

use crate::further;
use crate::pattern::LENGTH;
use crate::rungs::Pages;

/// The pattern, where nobody will ever change it again.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub(crate) bytes: &'static [u8],
    pub(crate) pages: Pages,
    /// How it came by them.
    pub(crate) how: &'static str,
}

impl Source {
    /// A huge page out of those that are put aside, if there is one: no other
    /// is certain to be huge. If not, one that the kernel makes if it likes.
    pub(crate) fn new(wish: Pages, pattern: &[u8]) -> Self {
        let huge = wish == Pages::Huge;
        let reserved = if huge { further::reserved_page(LENGTH) } else { None };
        if let Some(bytes) = reserved {
            bytes.copy_from_slice(pattern);
            return Self { bytes, pages: wish, how: "MAP_HUGETLB, reserved" };
        }
        let bytes = aligned();
        // Where all memory is in huge pages, the others ask for small ones.
        let advised = further::advise(bytes, huge);
        bytes.copy_from_slice(pattern);
        let all = further::huge_kib(bytes) == Some(LENGTH / 1024);
        let (pages, how) = match (advised, all) {
            (Ok(()), true) => (Pages::Huge, "madvise(MADV_HUGEPAGE), granted"),
            (Ok(()), false) => (Pages::Small, "madvise: none was granted"),
            (Err(_), _) => (Pages::Small, "madvise: refused"),
        };
        Self { bytes, pages, how }
    }
}

/// So many bytes as a huge page has, from a multiple of its size on. None is
/// touched: not before the first write is it settled which pages they are in.
///
/// They are leaked: what is lent to a pipe must not be freed, and so nobody
/// can.
pub(crate) fn aligned() -> &'static mut [u8] {
    // Twice as many contain such a place.
    let twice = vec![0; 2 * LENGTH].leak();
    let start = twice.as_ptr().align_offset(LENGTH).min(LENGTH);
    &mut twice[start..start + LENGTH]
}
