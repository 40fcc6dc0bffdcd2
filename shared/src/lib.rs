//! What every demo of this workspace shares.
//!
//! | module      | what it is                                                |
//! |-------------|-----------------------------------------------------------|
//! | [`frame`]   | messages over a byte stream: the framing crate proper     |
//! | [`narrate`] | how a demo tells its story: steps, columns, `--step`      |
//! | [`observe`] | what the kernel says of descriptors, pipes and processes  |
//! | [`picture`] | descriptors, descriptions and the pipe, drawn             |
//! | [`table`]   | a table, printed row by row while its cells are tried     |
//! | [`pin`]     | on which CPU a program runs, for what is measured         |
//! | [`quartiles`]| what rounds of a measurement say together             |
//! | [`stop`]    | why a demo ends early, and the one sentence that says so  |
//! | [`bug`]     | what the examples of classic bugs share                   |
//! | [`cli`]     | `--help`, `--version`, `--step`, and who calls the story  |
//! | [`deadline`]| no step takes for ever, and a hang explains itself        |
//! | [`ways_out`]| Ctrl-C, SIGTERM and errors leave nothing behind           |
//!
//! The helpers print, look and clean up. None of them makes the call that a
//! lesson is about: that call stands in the demo, where the reader is.

pub mod bug;
pub mod cli;
pub mod deadline;
pub mod frame;
pub mod narrate;
pub mod observe;
pub mod picture;
pub mod pin;
pub mod quartiles;
pub mod stop;
pub mod table;
pub mod ways_out;
