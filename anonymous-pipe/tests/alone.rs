//! What is true of an anonymous pipe, where the experiment takes what all
//! threads share: the table of descriptors, or what the kernel grants one
//! user's pipes. So one test at a time, in a program without others.

use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use harness::get;
use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{dup, pipe, write};

/// The turn of one test.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What pipe answers, and what is in the array then.
fn pipe_into(mut array: [i32; 2]) -> (nix::Result<()>, [i32; 2]) {
    // SAFETY: pipe stores two numbers, and there is room for two.
    let answer = unsafe { libc::pipe(array.as_mut_ptr()) };
    (Errno::result(answer).map(drop), array)
}

/// [AP-04] One free number is one too few, and the array stays as it was.
#[test]
fn pipe_needs_two_free_descriptors_and_else_stores_none() {
    let _turn = alone();
    let files = Resource::RLIMIT_NOFILE;
    let (soft, hard) = get(getrlimit(files), "getrlimit");
    get(setrlimit(files, soft.min(64), hard), "setrlimit");
    let mut copies = Vec::new();
    let full = loop {
        match dup(std::io::stdin()) {
            Ok(copy) => copies.push(copy),
            Err(e) => break e,
        }
    };
    let none_free = pipe_into([77, 88]);
    copies.pop();
    let one_free = pipe_into([77, 88]);
    copies.pop();
    let two_free = pipe();
    get(setrlimit(files, soft, hard), "setrlimit");

    assert_eq!(full, Errno::EMFILE);
    assert_eq!(none_free, (Err(Errno::EMFILE), [77, 88]));
    assert_eq!(one_free, (Err(Errno::EMFILE), [77, 88]));
    assert!(two_free.is_ok(), "{two_free:?}");
}

/// [AP-65] The number is given out again, and then it is somebody else's. A
/// debug build sees it where it can:
/// `a_debug_build_ends_a_program_that_closes_a_descriptor_twice`.
#[test]
fn who_closes_a_descriptor_twice_closes_that_of_somebody_else() {
    let _turn = alone();
    let (read_end, _write_end) = get(pipe(), "pipe");
    let number = read_end.into_raw_fd();
    // SAFETY: it is ours, and this is the one time that it is right.
    drop(unsafe { OwnedFd::from_raw_fd(number) });

    let (others_read, others_write) = get(pipe(), "pipe");
    let others = others_read.into_raw_fd();
    assert_eq!(others, number, "the lowest free number");
    // SAFETY: to the first owner it is still its own: nothing tells it that
    // it is not. No one uses the number after this.
    drop(unsafe { OwnedFd::from_raw_fd(number) });
    assert_eq!(write(&others_write, b"x"), Err(Errno::EPIPE));
}

#[cfg(target_os = "linux")]
mod quota {
    use std::fs::read_to_string;
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::chown;

    use harness::experiment::{as_an_ordinary_user, kernel, may};
    use harness::experiment::{ordinary_user, skipped};
    use harness::{Program, get, is_root};
    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::unistd::{SysconfVar, pipe, sysconf};

    type Pipe = (OwnedFd, OwnedFd);

    /// A number in /proc/sys/fs.
    fn limit(name: &str) -> usize {
        let path = format!("/proc/sys/fs/{name}");
        get(get(read_to_string(&path), &path).trim().parse(), path)
    }

    fn page() -> usize {
        let bytes = get(sysconf(SysconfVar::PAGE_SIZE), "sysconf");
        bytes.and_then(|n| usize::try_from(n).ok()).unwrap_or(4096)
    }

    fn capacity(pipe: &Pipe) -> usize {
        let bytes = get(fcntl(&pipe.0, FcntlArg::F_GETPIPE_SZ), "F_GETPIPE_SZ");
        get(usize::try_from(bytes), "bytes")
    }

    fn resize(pipe: &Pipe, bytes: usize) -> nix::Result<i32> {
        let bytes = get(i32::try_from(bytes), "bytes");
        fcntl(&pipe.1, FcntlArg::F_SETPIPE_SZ(bytes))
    }

    /// Large pipes, and then small ones, until a new one gets less than the
    /// first did, or there are more pages than the limit allows. The last of
    /// them is the newest.
    fn as_many_as_allowed() -> Vec<Pipe> {
        let mut pipes = vec![get(pipe(), "pipe")];
        let usual = capacity(&pipes[0]);
        let (mut pages, mut grows) = (0, true);
        while pages <= limit("pipe-user-pages-soft") + 16 {
            let new = get(pipe(), "pipe");
            let size = capacity(&new);
            if size == usual {
                grows = grows && resize(&new, limit("pipe-max-size")).is_ok();
            }
            pages += capacity(&new) / page();
            pipes.push(new);
            if size < usual {
                break;
            }
        }
        pipes
    }

    /// [AP-39] [AP-17] Two pages since Linux 5.14, and growing is refused.
    /// When the others are closed, all is as before: their pages came back.
    #[test]
    fn a_user_over_the_soft_limit_gets_pipes_of_two_pages() {
        let _turn = super::alone();
        if limit("pipe-user-pages-soft") == 0 {
            return skipped("this system has no such limit");
        }
        as_an_ordinary_user(|| {
            let mut pipes = as_many_as_allowed();
            let usual = capacity(&pipes[0]);
            let Some(newest) = pipes.pop() else { panic!("no pipe") };
            let pages = capacity(&newest) / page();
            let older = kernel() < (5, 14) && pages == 1;
            assert!(pages == 2 || older, "{pages} pages");
            assert_eq!(resize(&newest, usual), Err(Errno::EPERM));
            drop(pipes);
            assert_eq!(capacity(&get(pipe(), "pipe")), usual);
        });
    }

    /// [AP-39] This example writes all that it has to say before it reads.
    #[test]
    fn two_pages_are_enough_for_the_example_of_stolen_frames() {
        let _turn = super::alone();
        let mut example = Program::example("stolen_frames");
        if is_root() {
            let path = example.path();
            let user = ordinary_user();
            let [uid, gid] =
                ["uid", "gid"].map(|id| format!("--re{id}={user}"));
            let as_user = || {
                let words = [&uid, &gid, "--clear-groups", &path];
                Program::new("setpriv").args(&words)
            };
            if as_user().arg("--version").run().shell_status() != 0 {
                return skipped("only root may read the programs here");
            }
            example = as_user();
            let home = example.temporary();
            get(chown(home, Some(user), Some(user)), "chown");
        }
        // The user has them until they are closed.
        let _pipes = as_an_ordinary_user(as_many_as_allowed);
        let _ = example.run().well();
    }

    /// [AP-39] The limit is for those who have neither of two capabilities.
    #[test]
    fn a_user_with_the_capability_has_no_soft_limit() {
        const CAP_SYS_ADMIN: u32 = 21;
        const CAP_SYS_RESOURCE: u32 = 24;

        let _turn = super::alone();
        if !may(CAP_SYS_ADMIN) && !may(CAP_SYS_RESOURCE) {
            return skipped("this user has no such capability");
        }
        let pipes = as_many_as_allowed();
        assert_eq!(
            pipes.last().map(capacity).map(|c| c > 2 * page()),
            Some(true)
        );
    }
}
