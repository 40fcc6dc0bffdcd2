//! A frame goes out in one write: so it waits for room for all of it.

use std::io::Write;

use harness::experiment::becomes;
use harness::get;
use nix::fcntl::{FcntlArg, fcntl};
use shared::observe::{bytes_waiting, hang};

use super::peers::peers;
use super::place::Place;
use super::run::Run;

/// A write of at most `PIPE_BUF` bytes is taken whole or waits. Into a pipe
/// of one page with room for five bytes, two writes would put the first of
/// them. Ten bytes, because the ten in the header is a newline, after which
/// a printf may end its write.
#[test]
fn header_and_payload_are_one_write() {
    for client in peers() {
        let place = Place::new();
        let reader = place.reads();
        let page = get(fcntl(&reader, FcntlArg::F_SETPIPE_SZ(1)), "fcntl");
        let filled = usize::try_from(page).unwrap_or(0) - 5;
        get(place.opens().write_all(&vec![0; filled]), "write");

        let run = Run::of(client.client(&place.fifo()));
        let run = run.reads(b"ten bytes.\n".to_vec());
        // The shell's write is done by a child of it.
        let writes = |process| {
            let report = hang::explain(process, &[]).to_string();
            report.contains(" sleeps in write")
        };
        let waits = || {
            let children = hang::children(run.group).into_iter();
            children.chain([run.group]).any(writes)
        };
        assert!(becomes(waits), "{} does not write", client.name);
        let held = bytes_waiting(&reader);
        assert!(held.agrees_with(filled), "{}: {held:?}", client.name);
        drop(reader);
        run.ends().refused("");
    }
}
