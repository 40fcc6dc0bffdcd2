//! The program of fork-pipe without its line `// BREAK 2`: see build.rs.
#![allow(warnings, reason = "a line is missing")]

include!(concat!(env!("OUT_DIR"), "/fork_pipe_2.rs"));
