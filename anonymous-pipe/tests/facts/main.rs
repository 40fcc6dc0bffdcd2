//! What is true of an anonymous pipe: an experiment a test. FACTS.md lists
//! them all, with what people say.
//!
//! No test in this program starts another one; see [`harness::experiment`].

mod lifetime;
