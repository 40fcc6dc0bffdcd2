//! What this member's programs share. The rest of it is its tests, and two
//! examples: `beyond_pipes`, which stands in shared, and `rate_chart`. They
//! need crates that no learner should have to build for a demo: two other
//! implementations of the same frames, random testing, and drawers of terminal
//! pictures and of charts.

#[cfg(target_os = "linux")]
pub mod outside;
