//! All tests that run programs: a file a subject, and one program for cargo, so
//! that tests which wait do it beside those that work. They start in the order
//! of their names: the longest waits stand first.

mod at_two_terminals;
mod bugs;
mod demo;
mod examples;
#[path = "../exercise.rs"]
mod exercise;
#[cfg(target_os = "linux")]
mod facts_mounts;
mod facts_shells;
mod interop;
mod many_writers;
mod message_rate;
mod tables;
