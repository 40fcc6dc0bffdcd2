//! The program of fork-pipe without its line `// BREAK 1`: see build.rs.
#![allow(warnings, reason = "a line is missing")]

include!(concat!(env!("OUT_DIR"), "/fork_pipe_1.rs"));
