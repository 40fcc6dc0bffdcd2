//! What works: one direction each, a socket, and the one good use of `O_RDWR`.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;

use harness::get;
use harness::pipes::polled;
use nix::fcntl::OFlag;
use nix::poll::PollFlags;
use nix::unistd::{read, write};

use crate::fifo::Fifo;

/// [NB-15] Two directions in each descriptor, and each has an end.
#[test]
fn a_socketpair_keeps_the_two_directions_apart() {
    let (mut mine, mut its) = get(UnixStream::pair(), "socketpair");
    get(mine.write_all(b"ping"), "write");
    get(mine.set_nonblocking(true), "O_NONBLOCK");
    let own = mine.read(&mut [0; 64]).map_err(|e| e.kind());
    assert_eq!(own, Err(ErrorKind::WouldBlock), "not my own words");
    let mut word = [0; 4];
    get(its.read_exact(&mut word), "read");
    assert_eq!(&word, b"ping");
    drop(its);
    assert_eq!(get(mine.read(&mut [0; 64]), "read"), 0, "it has left");
    let told = mine.write(b"ping").map_err(|e| e.kind());
    assert_eq!(told, Err(ErrorKind::BrokenPipe));
}

/// [NB-14] The first open waits until the other side opens the same FIFO, and
/// the second one then finds it there.
#[test]
fn two_fifos_opened_in_the_same_order_carry_both_directions() {
    let (there, back) = (Fifo::new(), Fifo::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let requests = get(there.opened(OFlag::O_RDONLY), "open there");
            let answers = get(back.opened(OFlag::O_WRONLY), "open back");
            assert_eq!(read(&requests, &mut [0; 64]), Ok(4));
            assert_eq!(write(&answers, b"pong"), Ok(4));
        });
        let requests = get(there.opened(OFlag::O_WRONLY), "open there");
        let answers = get(back.opened(OFlag::O_RDONLY), "open back");
        assert_eq!(write(&requests, b"ping"), Ok(4));
        assert_eq!(read(&answers, &mut [0; 64]), Ok(4));
        assert_eq!(read(&answers, &mut [0; 64]), Ok(0), "it has left");
    });
}

/// [NB-16] A server that is a writer, too, sees no end between two clients.
/// Where `O_RDWR` is not to be had, a write end beside the read end does it.
#[test]
fn a_server_that_holds_a_write_end_sees_no_end_between_two_clients() {
    let serve = |fifo: &Fifo, server: &dyn std::os::fd::AsFd| {
        for message in [b"one", b"two"] {
            let client = get(fifo.opened(OFlag::O_WRONLY), "open");
            assert_eq!(write(&client, message), Ok(3));
            drop(client);
            assert_eq!(read(server, &mut [0; 64]), Ok(3));
            let seen = polled(server);
            let idle = !seen.intersects(PollFlags::POLLIN | PollFlags::POLLHUP);
            assert!(idle, "{seen:?}");
        }
    };
    let fifo = Fifo::new();
    let how = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    let server = get(fifo.opened(how), "open O_RDONLY");
    let keeper = get(fifo.opened(OFlag::O_WRONLY), "open O_WRONLY");
    serve(&fifo, &server);
    drop(keeper);
    assert!(polled(&server).contains(PollFlags::POLLHUP), "without it, an end");
    drop(server);
    #[cfg(target_os = "linux")]
    serve(&fifo, &fifo.both());
}
