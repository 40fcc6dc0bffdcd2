//! What is true of an anonymous pipe: an experiment a test. FACTS.md lists
//! them all, with what people say.
//!
//! No test in this program starts another one; see [`harness::experiment`].

#[cfg(target_os = "linux")]
mod capacity;
mod descriptions;
mod ends;
#[cfg(target_os = "linux")]
mod epoll;
mod lifetime;
mod no_reader;
#[cfg(target_os = "linux")]
mod no_waiting;
#[cfg(target_os = "linux")]
mod packets;
#[cfg(target_os = "linux")]
mod poll;
#[cfg(target_os = "linux")]
mod proc;
mod select;
#[cfg(target_os = "linux")]
mod slots;
#[cfg(target_os = "linux")]
mod splicing;
mod stream;
mod tools;
#[cfg(target_os = "linux")]
mod toy_pipe;
