//! The tests of this crate: a file a subject, and one program, so that tests
//! that wait do it beside those that work.

mod bugs;
mod count;
mod demo;
mod examples;
