//! A buffer that is not empty at fork is copied by it, and printed twice:
//! once by each process. A terminal hides it, since there each line is
//! written at once; a pipe brings it out.
//!
//! What you will see: one line, printed once by the program and found twice
//! in the pipe. Then the opposite: a child that leaves with `_exit`, and a
//! line that is found nowhere. Both mended.
//!
//! Run it: `cargo run -p fork-pipe --example double_print`. People met it in
//! leanprover/lean4#13464 and Tarsnap/libcperciva#277. Man pages: fork(2),
//! `_exit(2)`; setvbuf(3) for C. Claim: [FP-27].

use std::io::{BufWriter, PipeWriter, Read, Write, pipe};
use std::process::ExitCode;

use nix::libc;
use nix::unistd::{ForkResult, fork};
use shared::bug;
use shared::cli::About;
use shared::stop::{Named, Stop, must};
use shared::ways_out::{self, ChildGuard};

fn main() -> ExitCode {
    let about = About {
        shows: "A buffer that is copied by fork is written twice",
        ..shared::about!()
    };
    bug::run(&about, |tell, halves| {
        if halves.broken {
            tell.step("Broken: fork with a full buffer")?;
            let found = print_and_fork(false, drop)?;
            tell.remark("print \"once \", fork", &format!("found {found:?}"));
            must(found == "once once ", "the buffer is written twice")?;

            tell.step("Broken: _exit with a full buffer")?;
            let found = print_and_fork(true, |mut out| {
                let _ = out.write_all(b"from the child ");
                // _exit runs no destructor, so nobody flushes.
                std::mem::forget(out);
            })?;
            tell.remark("print in the child", &format!("found {found:?}"));
            must(found == "once ", "the child's words are lost")?;
        }
        if halves.mended {
            tell.step("Mended: flush, then fork")?;
            let found = print_and_fork(true, drop)?;
            tell.remark("print \"once \", fork", &format!("found {found:?}"));
            must(found == "once ", "the buffer was empty at fork")?;

            tell.step("Mended: flush, then _exit")?;
            let found = print_and_fork(true, |mut out| {
                let _ = out.write_all(b"from the child ");
                let _ = out.flush(); // <-- the fix
                std::mem::forget(out);
            })?;
            tell.remark("print in the child", &format!("found {found:?}"));
            must(found == "once from the child ", "each word once")?;
        }
        Ok(())
    })
}

/// Prints one word into a pipe through a buffer, forks, lets the child do
/// something with its copy of the buffer, and answers what arrives.
fn print_and_fork(
    mended: bool,
    child_does: impl FnOnce(BufWriter<PipeWriter>),
) -> Result<String, Stop> {
    let (mut reader, writer) = pipe().named("pipe")?;
    // Standard output is such a buffer, too: `print!` fills it up to a
    // newline, C's printf up to some thousand bytes where it is a pipe.
    let mut out = BufWriter::new(writer);
    out.write_all(b"once ").named("write")?;
    if mended {
        out.flush().named("flush")?; // <-- the fix
    }
    // SAFETY: this process has one thread.
    match unsafe { fork() }.named("fork")? {
        ForkResult::Child => {
            ways_out::end_with_parent();
            child_does(out);
            // SAFETY: it ends this process; nothing is used after it.
            unsafe { libc::_exit(0) }
        }
        ForkResult::Parent { child } => {
            bug::ends_well(ChildGuard::new(child))?;
            // The parent's copy is flushed when it is dropped.
            drop(out);
            let mut found = String::new();
            reader.read_to_string(&mut found).named("read")?;
            Ok(found)
        }
    }
}
