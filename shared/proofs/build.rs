//! Deletes the line of a BREAK where no system call could be taken away: the
//! line makes none, or not all processes of a program may go without it. What
//! comes of it, tests/all/exercises.rs and tests/all/broken.rs show.

use std::path::Path;
use std::{env, fs, io};

/// What is written once more: a file, what to call it, and the label of the
/// line.
const BROKEN: [(&str, &str, &str); 5] = [
    ("../src/frame.rs", "frame", "// BREAK 1"),
    ("../../fork-pipe/src/main.rs", "fork_pipe_1", "// BREAK 1"),
    ("../../fork-pipe/src/main.rs", "fork_pipe_2", "// BREAK 2"),
    ("../../named-pipe-bidi/src/main.rs", "named_pipe_bidi_1", "// BREAK 1"),
    ("../../named-pipe-bidi/src/main.rs", "named_pipe_bidi_2", "// BREAK 2"),
];

fn main() -> io::Result<()> {
    let folder = env::var_os("OUT_DIR").unwrap_or_default();
    for (file, name, label) in BROKEN {
        let file = Path::new(file);
        let folder_of_modules = match file.file_stem() {
            Some(stem) if stem != "main" => file.with_file_name(stem),
            _ => file.with_file_name(""),
        };
        let text = without(label, file, &folder_of_modules)?;
        fs::write(Path::new(&folder).join(format!("{name}.rs")), text)?;
    }
    Ok(())
}

/// A file without the line, its modules inside it, and without what may stand
/// only at the top of a file.
fn without(label: &str, file: &Path, modules: &Path) -> io::Result<String> {
    println!("cargo::rerun-if-changed={}", file.display());
    // What is included by its path is looked for from the file itself.
    let here = fs::canonicalize(file.with_file_name(""))?;
    let include = format!("include_bytes!(\"{}/", here.display());
    let mut text = String::new();
    for line in fs::read_to_string(file)?.lines() {
        let top = line.starts_with("//!") || line.starts_with("#![");
        if top || line.ends_with(label) {
            continue;
        }
        let name = line.strip_prefix("mod ");
        let line = match name.and_then(|line| line.strip_suffix(';')) {
            Some(name) => {
                let file = modules.join(format!("{name}.rs"));
                let inner = without(label, &file, &modules.join(name))?;
                format!("mod {name} {{\n{inner}}}")
            }
            None => line.replace("include_bytes!(\"", &include),
        };
        text += &line;
        text += "\n";
    }
    Ok(text)
}
