//! All tests that run programs: a file a subject, and one program for cargo, so
//! that tests which wait do it beside those that work.

mod bugs;
mod children;
mod examples;
mod facts_killed;
mod observe;
mod rounds;
mod who_holds;
