//! All tests that run programs: a file a subject, and one program for cargo, so
//! that tests which wait do it beside those that work.

mod at_two_terminals;
mod bugs;
mod demo;
mod examples;
#[path = "../exercise.rs"]
mod exercise;
