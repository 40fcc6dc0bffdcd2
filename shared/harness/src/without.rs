//! A program without one of its system calls, as if the line were deleted, or
//! where the call is refused: no compiler needed, and no other system.
//! seccomp(2) answers the call before the kernel looks at it.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::libc;

/// Where `struct seccomp_data` has the number of the call, and its words; and
/// where the lower half of a word is.
const NUMBER: u32 = 0;
const WORDS: u32 = 16;
const LOWER: u32 = if cfg!(target_endian = "big") { 4 } else { 0 };

/// Makes each `call` whose first words are `words` do nothing and answer with
/// `errno`, which may be 0, in the program and in what it starts.
pub(crate) fn without(
    command: &mut Command,
    call: libc::c_long,
    words: &[libc::c_int],
    errno: libc::c_int,
) {
    let errno = errno.cast_unsigned() & libc::SECCOMP_RET_DATA;
    let number = u32::try_from(call).unwrap_or(u32::MAX);
    let places = (0..).map(|at| WORDS + 8 * at + LOWER);
    let words = places.zip(words.iter().map(|word| word.cast_unsigned()));
    let mut equal: Vec<_> = [(NUMBER, number)].into_iter().collect();
    equal.extend(words);

    // "Load, and compare", for each; whoever is not equal jumps to the end.
    let mut filter = Vec::new();
    let ret = libc::BPF_RET | libc::BPF_K;
    for (at, (place, value)) in (1..).zip(&equal) {
        let to_the_end = 2 * (equal.len() - at) + 1;
        let to_the_end = u8::try_from(to_the_end).unwrap_or(u8::MAX);
        let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
        let compare = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        filter.push(step(load, 0, *place));
        filter.push(step(compare, to_the_end, *value));
    }
    filter.push(step(ret, 0, libc::SECCOMP_RET_ERRNO | errno));
    filter.push(step(ret, 0, libc::SECCOMP_RET_ALLOW));

    let prepare = move || {
        let len = u16::try_from(filter.len()).unwrap_or(0);
        let filter = filter.as_ptr().cast_mut();
        let program = libc::sock_fprog { len, filter };
        let (set, mode) = (libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER);
        // Without this only root may.
        // SAFETY: it touches no memory.
        let mut answer =
            unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
        if answer == 0 {
            // SAFETY: the kernel copies the filter, which lives on until then.
            answer = unsafe { libc::prctl(set, mode, &raw const program) };
        }
        if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    };
    // SAFETY: between fork and exec it makes two system calls.
    unsafe { command.pre_exec(prepare) };
}

fn step(code: u32, if_not: u8, k: u32) -> libc::sock_filter {
    let code = u16::try_from(code).unwrap_or(0);
    libc::sock_filter { code, jt: 0, jf: if_not, k }
}
