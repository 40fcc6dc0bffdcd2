//! Where the parent gets its bytes: a file, standard input, or a fixed text.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal, Read};

use nix::errno::Errno;
use shared::deadline;
use shared::stop::{Named, Stop};

/// The text that is counted where no file is named.
const TEXT: &[u8] = include_bytes!("../text.txt");

/// Something to read, and what to call it.
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) bytes: Box<dyn Read>,
    /// It may be larger than all memory: what did it take to count it?
    pub(crate) any_size: bool,
}

/// Opens what the command line names, before the story begins: a file that
/// is not there should cost nobody half a story.
///
/// # Errors
///
/// As open(2) "ERRORS" lists, and EISDIR for a directory.
pub(crate) fn open(word: Option<&OsString>) -> Result<Input, Stop> {
    let Some(word) = word else {
        let name = "the text of this crate".to_string();
        return Ok(Input { name, bytes: Box::new(TEXT), any_size: false });
    };
    if word == "-" {
        let typed = io::stdin().is_terminal();
        let typed = typed.then_some("what you type, up to Ctrl-D");
        let name = typed.unwrap_or("standard input").to_string();
        return Ok(Input {
            name,
            bytes: Box::new(io::stdin()),
            any_size: true,
        });
    }
    // Opening somebody's FIFO waits for its writer, as long as that takes.
    deadline::rest();
    let name = format!("{}", word.to_string_lossy().escape_debug());
    let file = File::open(word).named(format!("open {name}"))?;
    if file.metadata().named(format!("fstat {name}"))?.is_dir() {
        Err(Errno::EISDIR).named(format!("read {name}"))?;
    }
    Ok(Input { name, bytes: Box::new(file), any_size: true })
}
