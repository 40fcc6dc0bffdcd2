//! What a piece of code asks the allocator for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What a piece of code asked the allocator for, in this thread.
#[derive(Clone, Copy)]
pub(super) struct Allocated {
    pub(super) calls: usize,
    pub(super) bytes: usize,
}

const NOTHING: Allocated = Allocated { calls: 0, bytes: 0 };

thread_local! {
    static ALLOCATED: Cell<Allocated> = const { Cell::new(NOTHING) };
}

pub(super) fn counting<T>(run: impl FnOnce() -> T) -> (T, Allocated) {
    ALLOCATED.set(NOTHING);
    let answer = run();
    (answer, ALLOCATED.get())
}

struct Counting;

fn note(bytes: usize) {
    // A thread on its way out has no counter any more.
    let _ = ALLOCATED.try_with(|cell| {
        let so_far = cell.get();
        cell.set(Allocated {
            calls: so_far.calls + 1,
            bytes: so_far.bytes + bytes,
        });
    });
}

// SAFETY: it only counts; the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(
        &self,
        at: *mut u8,
        layout: Layout,
        size: usize,
    ) -> *mut u8 {
        note(size);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;
