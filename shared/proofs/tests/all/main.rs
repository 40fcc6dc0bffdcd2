//! All tests that run programs: a file a subject, and one program for cargo, so
//! that tests which wait do it beside those that work.

mod beyond;
mod broken;
mod course;
mod exercises;
mod facts;
mod harness;
mod hostile;
mod limits;
mod rate_chart;
mod refused;
mod started;
mod swapped;
