//! What is true of messages on a byte stream: an experiment a test, on real
//! pipes and mostly without the frames of this crate, which are the cure.
//! FACTS.md lists them all, with what people say.
//!
//! No test in this program starts another one; see [`harness::experiment`].

mod length;
mod reading;
mod torn;
