//! What a frame promises, one promise a test: one at a time, on a stream that
//! stops anywhere and goes on later, in a batch, and from where the payloads
//! lie.

mod allocated;
mod batch;
mod gather;
mod one;
mod resume;
mod stops;
