//! What a writer is told when nobody reads any more. Rust programs ignore
//! SIGPIPE from their start; a thread that holds it back sees that it came.

use harness::get;
use nix::errno::Errno;
use nix::unistd::{pipe, write};

/// [AP-52] [epipe] Without a reader write is an error, and a signal, which
/// Rust programs ignore from their start.
#[test]
fn a_pipe_without_a_reader_answers_epipe() {
    let (read_end, write_end) = get(pipe(), "pipe");
    drop(read_end);
    assert_eq!(write(&write_end, b"x"), Err(Errno::EPIPE));
}

#[cfg(target_os = "linux")]
mod and_sigpipe {
    use harness::experiment::{kernel, skipped, waits};
    use harness::get;
    use nix::errno::Errno;
    use nix::fcntl::{SpliceFFlags, splice, tee};
    use nix::sys::sendfile::sendfile;
    use nix::sys::signal::{SigSet, Signal::SIGPIPE};
    use nix::unistd::{pipe, write};

    use crate::tools::{came, capacity, holding_back, regular_file};

    /// [AP-52] It goes to the thread that wrote.
    #[test]
    fn with_epipe_comes_sigpipe() {
        holding_back(SIGPIPE, || {
            let (read_end, write_end) = get(pipe(), "pipe");
            assert_eq!(write(&write_end, b"x"), Ok(1));
            assert!(!came(SIGPIPE));
            drop(read_end);
            assert_eq!(write(&write_end, b"x"), Err(Errno::EPIPE));
            assert!(came(SIGPIPE));
        });
    }

    /// [AP-53] A part is in the pipe, where nobody will read it: that is what
    /// it is told, as a success. Only the next write is an error. By default
    /// it does not come so far, because the signal kills it.
    #[test]
    fn a_writer_whose_reader_leaves_half_way_is_told_of_a_success() {
        let (read_end, write_end) = get(pipe(), "pipe");
        let size = capacity(&read_end);
        let writer = waits(move || {
            get(SigSet::from(SIGPIPE).thread_block(), "pthread_sigmask");
            let first = write(&write_end, &vec![b'.'; size + 1]);
            (first, came(SIGPIPE), write(&write_end, b"x"))
        });
        drop(read_end);
        assert_eq!(writer.returns(), (Ok(size), true, Err(Errno::EPIPE)));
    }

    /// [AP-45] Not only write is told.
    #[test]
    fn splice_tee_and_sendfile_raise_sigpipe_as_write_does() {
        let (source, into_source) = get(pipe(), "pipe");
        let file = regular_file();
        assert_eq!(write(&into_source, b"bytes"), Ok(5));
        assert_eq!(write(&file, b"bytes"), Ok(5));
        let (read_end, write_end) = get(pipe(), "pipe");
        drop(read_end);
        holding_back(SIGPIPE, || {
            let none = SpliceFFlags::empty();
            let answer = tee(&source, &write_end, 5, none);
            assert_eq!((answer, came(SIGPIPE)), (Err(Errno::EPIPE), true));
            let answer = splice(&source, None, &write_end, None, 5, none);
            assert_eq!((answer, came(SIGPIPE)), (Err(Errno::EPIPE), true));
            let answer = sendfile(&write_end, &file, Some(&mut 0), 5);
            assert_eq!((answer, came(SIGPIPE)), (Err(Errno::EPIPE), true));
        });
    }

    /// [AP-56] `MSG_NOSIGNAL` is for sockets. `RWF_NOSIGNAL` is in Linux 6.18
    /// and later.
    #[test]
    fn a_pipe_knows_no_msg_nosignal_but_a_new_kernel_has_rwf_nosignal() {
        use std::os::fd::AsRawFd;

        /// Of linux/fs.h; the libc crate has it not yet.
        const RWF_NOSIGNAL: i32 = 0x100;

        let (read_end, write_end) = get(pipe(), "pipe");
        let (fd, byte, quiet) =
            (write_end.as_raw_fd(), b"x", libc::MSG_NOSIGNAL);
        // SAFETY: one byte is there to be sent.
        let sent = unsafe { libc::send(fd, byte.as_ptr().cast(), 1, quiet) };
        assert_eq!((sent, Errno::last()), (-1, Errno::ENOTSOCK));
        drop(read_end);
        holding_back(SIGPIPE, || {
            let piece = std::io::IoSlice::new(byte);
            let (pieces, here) = ((&raw const piece).cast(), -1);
            // SAFETY: an IoSlice is an iovec, and there is one.
            let answer =
                unsafe { libc::pwritev2(fd, pieces, 1, here, RWF_NOSIGNAL) };
            assert_eq!(answer, -1);
            if kernel() < (6, 18) && Errno::last() != Errno::EPIPE {
                skipped("RWF_NOSIGNAL is in Linux 6.18 and later");
            } else {
                assert_eq!(
                    (Errno::last(), came(SIGPIPE)),
                    (Errno::EPIPE, false)
                );
            }
        });
    }
}
