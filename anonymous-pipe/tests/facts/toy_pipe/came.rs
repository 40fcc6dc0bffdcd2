//! What can come out of a call, and how often each of it has to come before
//! the toy counts as tried.

/// What came out of a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Came {
    WroteAll,
    WroteIntoTheLastPage,
    WroteAPart,
    Full,
    /// There were as many bytes free, but not in one place.
    FullThoughBytesWereFree,
    NoReader,
    ReadAll,
    ReadAPart,
    Empty,
    EndOfFile,
    Grew,
    Shrank,
    KeptItsSize,
    /// A refusal to shrink.
    Busy,
    /// A refusal to grow that has nothing to do with this pipe.
    OverTheQuota,
    Dup,
    Close,
    Look,
}

/// How often each of them came.
pub(super) type Counts = [usize; Came::Look as usize + 1];

/// At least so often, of a million calls.
pub(super) const LEAST: [(Came, usize); 16] = [
    (Came::WroteAll, 100_000),
    (Came::WroteIntoTheLastPage, 100_000),
    (Came::WroteAPart, 10_000),
    (Came::Full, 10_000),
    (Came::FullThoughBytesWereFree, 10_000),
    (Came::NoReader, 10_000),
    (Came::ReadAll, 100_000),
    (Came::ReadAPart, 10_000),
    (Came::Empty, 10_000),
    (Came::EndOfFile, 10_000),
    (Came::Grew, 1_000),
    (Came::Shrank, 1_000),
    (Came::Busy, 1_000),
    (Came::Dup, 1_000),
    (Came::Close, 1_000),
    (Came::Look, 10_000),
];
