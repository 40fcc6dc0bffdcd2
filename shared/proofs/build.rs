//! Writes the frames of `shared` once more, without the line that BREAK 1 of
//! its exercises deletes: tests/all/broken.rs shows what becomes of them. That
//! line makes no system call, so seccomp(2) cannot take it away.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut frames = source("frame")?;
    for part in ["reader", "resume", "writer"] {
        let text = source(&format!("frame/{part}"))?;
        let inline = format!("mod {part} {{\n{text}}}");
        frames = frames.replace(&format!("mod {part};"), &inline);
    }
    let folder = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&folder).join("broken_frame.rs"), frames)
}

/// A file of `shared`, without the line, and without what may stand only at
/// the top of a file.
fn source(name: &str) -> io::Result<String> {
    let path = format!("../src/{name}.rs");
    println!("cargo::rerun-if-changed={path}");
    let text = fs::read_to_string(path)?;
    let kept = text.lines().filter(|line| {
        let top = line.starts_with("//!") || line.starts_with("#![");
        !top && !line.ends_with("// BREAK 1")
    });
    Ok(kept.collect::<Vec<_>>().join("\n") + "\n")
}
