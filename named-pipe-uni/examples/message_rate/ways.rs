//! What is measured, and why it comes out as it does.

use nix::unistd::{SysconfVar, sysconf};
use shared::frame::HEADER;
use shared::rounds::Quartiles;

use crate::place::Place;

/// How the messages go.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Goes {
    /// A write each.
    OneByOne,
    /// As many as fit into a batch, a write.
    Gathered,
    /// There, and the same one back, before the next.
    ThereAndBack,
}
use Goes::{Gathered, OneByOne, ThereAndBack};

/// One bar.
pub(crate) struct Way {
    pub(crate) label: String,
    pub(crate) goes: Goes,
    pub(crate) payload: usize,
    pub(crate) two_cpus: bool,
    /// A larger pipe than one has at first, in bytes.
    pub(crate) pipe: Option<usize>,
    /// Why it is not measured here.
    pub(crate) left_out: Option<String>,
    /// Messages a second, round by round.
    pub(crate) rates: Vec<f64>,
}

impl Way {
    fn new(label: &str, goes: Goes, payload: usize) -> Self {
        Self {
            label: label.to_string(),
            goes,
            payload,
            two_cpus: false,
            pipe: None,
            left_out: None,
            rates: Vec::new(),
        }
    }

    fn on_two_cpus(mut self, place: &Place) -> Self {
        self.two_cpus = true;
        self.left_out = self.left_out.or(place.no_second_cpu.clone());
        self
    }

    fn through_a_large_pipe(mut self, place: &Place) -> Self {
        self.pipe = Some(LARGE);
        self.left_out = self.left_out.or(place.no_large_pipe.clone());
        self
    }

    pub(crate) fn quartiles(&self) -> Quartiles {
        Quartiles::of(self.rates.clone())
    }
}

/// Bars that belong together.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    /// Why they are as they are, on any machine.
    pub(crate) why: &'static str,
    pub(crate) ways: Vec<Way>,
    /// Whether the article's figure stands among them.
    pub(crate) has_article: bool,
}

const KIB: usize = 1024;

/// What a user without privileges may have, if the administrator has changed
/// nothing.
pub(crate) const LARGE: usize = 1024 * KIB;

/// One thing is varied at a time.
pub(crate) fn groups(place: &Place) -> [Group; 4] {
    // A FIFO's slots are pages, and these are not 4096 bytes everywhere.
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    let page = page.and_then(|page| page.try_into().ok()).unwrap_or(4096);
    let bytes = |payload| Way::new(&format!("{payload} B"), OneByOne, payload);
    [
        Group {
            title: "A write for each message, on one CPU",
            why: "Each message pays for a write of its own, however little \
                  it carries. Only of long ones do the bytes cost more than \
                  the call.",
            ways: vec![
                bytes(16),
                Way::new("1 KiB", OneByOne, KIB),
                Way::new("64 KiB", OneByOne, 64 * KIB),
            ],
            has_article: false,
        },
        Group {
            title: "A page of payload, and 4 bytes of header",
            why: "With its header the second one is longer than a page: the \
                  kernel finds two for it, two of the pipe's slots, and half \
                  as many messages fit.",
            ways: vec![bytes(page - HEADER), bytes(page)],
            has_article: false,
        },
        Group {
            title: "1 KiB: gathered into one write, and on two CPUs",
            why: "On one CPU, gathered messages share the cost of a call. On \
                  two, a batch fills the pipe at once, and one side sleeps \
                  until the other CPU wakes it, back and forth; a larger pipe \
                  makes that rarer.",
            ways: vec![
                Way::new("gathered, one CPU", Gathered, KIB),
                Way::new("one by one, two CPUs", OneByOne, KIB)
                    .on_two_cpus(place),
                Way::new("gathered, two CPUs", Gathered, KIB)
                    .on_two_cpus(place),
                Way::new("the same, 1 MiB pipe", Gathered, KIB)
                    .on_two_cpus(place)
                    .through_a_large_pipe(place),
            ],
            has_article: false,
        },
        Group {
            title: "1 KiB there and back, before the next one",
            why: "Each message wakes the other side, and each answer this \
                  one: on two CPUs, across. With one message under way there \
                  is nothing to gather, and nothing to fill a larger pipe \
                  with.",
            ways: vec![
                Way::new("one CPU", ThereAndBack, KIB),
                Way::new("two CPUs", ThereAndBack, KIB).on_two_cpus(place),
                Way::new("the same, 1 MiB pipes", ThereAndBack, KIB)
                    .on_two_cpus(place)
                    .through_a_large_pipe(place),
            ],
            has_article: true,
        },
    ]
}

/// The longest bar: all have one scale.
pub(crate) fn longest(groups: &[Group]) -> f64 {
    let ways = groups.iter().flat_map(|group| &group.ways);
    let medians = ways.map(|way| way.quartiles().median);
    medians.fold(crate::ARTICLE.rate, f64::max)
}
