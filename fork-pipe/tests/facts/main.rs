//! What is true of a pipe that several share: an experiment a test. Where two
//! processes would take part, two threads do: the kernel makes no difference.
//! FACTS.md lists them all, with what people say.
//!
//! No test in this program starts another one; see [`harness::experiment`].

#[cfg(target_os = "linux")]
mod atomic;
mod ends;
#[cfg(target_os = "linux")]
mod signals;
