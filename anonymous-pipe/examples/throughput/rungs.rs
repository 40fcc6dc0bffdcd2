//! The rungs of the ladder. Each is the one before it, but for one thing: so
//! what it is faster by is what that one thing is worth.

/// How the writer gives bytes to the pipe.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Give {
    /// write(2): the kernel copies them into pages of its own.
    Copy,
    /// vmsplice(2): the pipe gets the writer's pages, as they are.
    Lend,
}

/// How the reader takes them out.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Take {
    /// read(2): the kernel copies them out of its pages.
    Copy,
    /// splice(2) to /dev/null: the pages go on, and nobody looks into them.
    PassOn,
}

/// The pages that the writer's bytes lie in.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Pages {
    /// As small as they are: 4 KiB on many machines.
    Small,
    /// 2 MiB in one.
    Huge,
}

#[derive(Clone, Copy)]
pub(crate) struct Rung {
    pub(crate) name: &'static str,
    /// Bytes that each call is about.
    pub(crate) piece: usize,
    /// What the pipe is to hold; none: what it holds when it is made.
    pub(crate) capacity: Option<usize>,
    pub(crate) give: Give,
    pub(crate) take: Take,
    pub(crate) pages: Pages,
}

const KIB: usize = 1024;

pub(crate) fn ladder() -> [Rung; 7] {
    // A call costs the same for one byte and for a thousand: the way into the
    // kernel and back, the lock of the pipe.
    let small = Rung {
        name: "1 KiB writes",
        piece: KIB,
        capacity: None,
        give: Give::Copy,
        take: Take::Copy,
        pages: Pages::Small,
    };
    // As much as the pipe holds: 64 times fewer calls.
    let larger = Rung { name: "64 KiB writes", piece: 64 * KIB, ..small };
    // More than it holds: the writer waits in the middle of its call, with no
    // way back out of the kernel and in again.
    let largest = Rung { name: "256 KiB writes", piece: 256 * KIB, ..larger };
    // What remains is to wait for each other, and that not so often.
    let roomy =
        Rung { name: "1 MiB pipe", capacity: Some(KIB * KIB), ..largest };
    // Each byte is copied twice, in and out. Now once: out.
    let lent = Rung { name: "vmsplice", give: Give::Lend, ..roomy };
    // And now never.
    let passed_on = Rung { name: "splice", take: Take::PassOn, ..lent };
    // For each page that is lent the kernel looks up where it lies: in one
    // huge page that is known for all of them.
    let huge = Rung { name: "huge pages", pages: Pages::Huge, ..passed_on };
    [small, larger, largest, roomy, lent, passed_on, huge]
}
