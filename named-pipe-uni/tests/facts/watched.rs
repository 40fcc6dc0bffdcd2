//! Linux: what inotify shows of a FIFO.

use std::fs;
use std::path::Path;

use harness::experiment::waits;
use harness::{Home, get};
use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags as Event, InitFlags, Inotify};
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, write};

use crate::{O_NONBLOCK, O_RDONLY, O_WRONLY};
use crate::{fifo, open, opened, read_once};

fn watch(path: &Path) -> Inotify {
    let how = InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC;
    let watch = get(Inotify::init(how), "inotify_init");
    get(watch.add_watch(path, Event::IN_ALL_EVENTS), "inotify_add_watch");
    watch
}

/// What has happened since it was asked last.
fn events(watch: &Inotify) -> Vec<Event> {
    let events = watch.read_events().unwrap_or_default();
    events.iter().map(|event| event.mask).collect()
}

/// [NU-63] Who waits in open has not opened anything yet, and who is refused
/// never will.
#[test]
fn inotify_shows_an_open_of_a_fifo_when_it_is_complete() {
    let home = Home::fresh();
    let fifo = home.path().join("fifo");
    let watch = watch(home.path());
    assert_eq!(mkfifo(&fifo, Mode::S_IRUSR | Mode::S_IWUSR), Ok(()));
    assert_eq!(events(&watch), [Event::IN_CREATE]);
    let lone = open(&fifo, O_WRONLY | O_NONBLOCK);
    assert_eq!(lone.err(), Some(Errno::ENXIO));
    let path = fifo.clone();
    let reader = waits(move || open(&path, O_RDONLY));
    assert_eq!(events(&watch), []);
    let writer = opened(&fifo, O_WRONLY | O_NONBLOCK);
    let reader = get(reader.returns(), "open");
    // Two of them: equal events, one right after the other, are told as one.
    assert_eq!(events(&watch), [Event::IN_OPEN]);
    drop(writer);
    drop(reader);
    let closed = [Event::IN_CLOSE_WRITE, Event::IN_CLOSE_NOWRITE];
    assert_eq!(events(&watch), closed);
    get(fs::remove_file(&fifo), "unlink");
    assert_eq!(events(&watch), [Event::IN_DELETE]);
}

/// [NU-63] Of the FIFO itself. A watch on its directory may show less: that
/// depends on the kernel.
#[test]
fn inotify_on_a_fifo_shows_that_it_is_written_and_read() {
    let (_home, fifo) = fifo();
    let reader = opened(&fifo, O_RDONLY | O_NONBLOCK);
    let writer = opened(&fifo, O_WRONLY);
    let watch = watch(&fifo);
    assert_eq!(write(&writer, b"ping"), Ok(4));
    assert_eq!(events(&watch), [Event::IN_MODIFY]);
    assert_eq!(read_once(&reader), Ok("ping".to_string()));
    assert_eq!(events(&watch), [Event::IN_ACCESS]);
}
