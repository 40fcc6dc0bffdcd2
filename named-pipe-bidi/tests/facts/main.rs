//! What is true of a FIFO that is opened `O_RDWR`: an experiment a test. Where
//! two processes would take part, two descriptions or two threads do: the
//! kernel makes no difference. FACTS.md lists them all, with what people say.
//!
//! POSIX leaves open what `O_RDWR` does to a FIFO, so most of this is Linux.
//!
//! No test in this program starts another one; see [`harness::experiment`].

#[cfg(target_os = "linux")]
mod alone;
mod cures;
mod fifo;
#[cfg(target_os = "linux")]
mod lost;
#[cfg(target_os = "linux")]
mod race;
