//! The tests of this crate but for the frames', which Miri runs alone: a file a
//! subject, and one program, so that tests that wait do it beside those that
//! work.

mod beyond;
mod course;
mod harness;
mod refused;
