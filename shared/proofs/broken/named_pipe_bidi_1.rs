//! The program of named-pipe-bidi without its line `// BREAK 1`: see build.rs.
#![allow(warnings, reason = "a line is missing")]

include!(concat!(env!("OUT_DIR"), "/named_pipe_bidi_1.rs"));
