//! All tests that run programs: a file a subject, and one program for cargo, so
//! that tests which wait do it beside those that work.

mod bugs;
mod demo;
mod examples;
#[path = "../exercise.rs"]
mod exercise;
mod facts_programs;
mod further_calls;
mod many_pipes;
mod tables;
mod throughput;
