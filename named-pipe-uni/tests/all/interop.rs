//! The frames are bytes: programs in other languages speak them, over the
//! same FIFO. Every peer of `interop/` as client, against every peer as
//! server, and what each of them refuses.
//!
//! What is not installed is skipped, and says so (`--nocapture` shows it);
//! with `ALL_PEERS=1` in the environment it is a failure.

mod ends;
mod grid;
#[cfg(target_os = "linux")]
mod one_write;
mod peers;
mod place;
mod refused;
mod run;
