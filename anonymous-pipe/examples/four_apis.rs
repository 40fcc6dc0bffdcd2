//! The same pipe at four levels: libc, nix, `os_pipe` and std. Each level
//! writes twelve bytes, closes the write end and reads them back;
//! what differs is what can go wrong without anybody noticing.
//!
//! Run it: `cargo run -p anonymous-pipe --example four_apis`. Man pages:
//! pipe(2), `pipe2(2)` (`O_CLOEXEC`), fcntl(2) (`FD_CLOEXEC`).

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use shared::cli::{self, About};
use shared::narrate::Narrator;
use shared::observe;
use shared::stop::{Named, Stop, must};

/// What travels at every level.
const TEXT: &[u8] = b"Hello world!";

fn main() -> ExitCode {
    let shows = "The same pipe with libc, nix, os_pipe and std";
    let about = About { shows, ..shared::about!() };
    cli::run(&about, |tell, _words| {
        with_libc(tell)?;
        with_nix(tell)?;
        with_os_pipe(tell)?;
        with_std(tell)
    })
}

/// The ground level: the kernel's call as C sees it. Two numbers come back.
/// Nothing closes them, nothing stops a second close, nothing checks the
/// answers but the `if`s that one remembers to write.
fn with_libc(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("libc: two numbers, and every check is yours")?;
    let mut ends = [0; 2];
    // SAFETY: pipe stores two numbers, and there is room for two.
    if unsafe { libc::pipe(ends.as_mut_ptr()) } != 0 {
        return Err(Errno::last()).named("pipe");
    }
    let [read_end, write_end] = ends;
    // SAFETY: the number was made above and is not closed yet.
    leaks(tell, unsafe { BorrowedFd::borrow_raw(read_end) });

    // SAFETY: TEXT is readable for as many bytes as it has.
    let sent =
        unsafe { libc::write(write_end, TEXT.as_ptr().cast(), TEXT.len()) };
    // SAFETY: the number is ours, and not used again. Using it again would
    // compile.
    unsafe { libc::close(write_end) };
    let mut buffer = [0; 64];
    // SAFETY: the buffer has room for as many bytes as it has.
    let count = unsafe { libc::read(read_end, buffer.as_mut_ptr().cast(), 64) };
    // SAFETY: as above.
    unsafe { libc::close(read_end) };
    must(sent == 12 && count == 12, "twelve bytes go in and come out")?;
    arrived(tell, &buffer[..12])
}

/// The same calls, as Rust: a `Result` that cannot be overlooked, and two
/// `OwnedFd` that close themselves, once.
fn with_nix(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("nix: the same calls, with owners and errors")?;
    let (read_end, write_end) = nix::unistd::pipe().named("pipe")?;
    leaks(tell, read_end.as_fd());
    nix::unistd::write(&write_end, TEXT).named("write")?;
    drop(write_end);
    let mut buffer = [0; 64];
    let count = nix::unistd::read(&read_end, &mut buffer).named("read")?;
    arrived(tell, &buffer[..count])
}

/// `Read` and `Write`, and no leak into started programs. For ten years this
/// crate was how Rust made a pipe for `std::process::Command`.
fn with_os_pipe(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("os_pipe: Read and Write, closed on exec")?;
    let (mut reader, mut writer) = os_pipe::pipe().named("pipe")?;
    leaks(tell, reader.as_fd());
    writer.write_all(TEXT).named("write")?;
    drop(writer);
    let mut buffer = Vec::new();
    reader.read_to_end(&mut buffer).named("read")?;
    arrived(tell, &buffer)
}

/// What std made of it: since Rust 1.87 the same four lines need no crate at
/// all. What `os_pipe` still adds is `dup_stdin`, `dup_stdout`, `dup_stderr`.
fn with_std(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("std: the same since Rust 1.87, without a crate")?;
    let (mut reader, mut writer) = io::pipe().named("pipe")?;
    leaks(tell, reader.as_fd());
    writer.write_all(TEXT).named("write")?;
    drop(writer);
    let mut buffer = Vec::new();
    reader.read_to_end(&mut buffer).named("read")?;
    arrived(tell, &buffer)
}

/// Asks the kernel whether a started program would inherit the descriptor.
fn leaks(tell: &mut Narrator, end: BorrowedFd<'_>) {
    let closed = observe::close_on_exec(end);
    tell.remark("FD_CLOEXEC", &format!("closed on exec: {closed}"));
}

fn arrived(tell: &mut Narrator, bytes: &[u8]) -> Result<(), Stop> {
    tell.remark("read", &format!("{:?}", String::from_utf8_lossy(bytes)));
    must(bytes == TEXT, "what went in comes out")
}
