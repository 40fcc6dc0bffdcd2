//! All tests that run programs: a file a subject, and one program for cargo, so
//! that tests which wait do it beside those that work.

mod bugs;
mod count;
mod demo;
mod examples;
#[path = "../exercise.rs"]
mod exercise;
mod facts_children;
mod facts_fork;
mod facts_shell;
