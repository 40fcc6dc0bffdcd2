//! What the examples show, and what the client alone does.

use harness::{Program, get};
use std::fs;

const DEMO: &str = env!("CARGO_BIN_EXE_named-pipe-uni");

#[test]
fn a_newline_is_no_frame_for_any_bytes() {
    let shown = Program::example("lines").run().well().stdout;
    for line in ["\"dear\"", "\"reader\"", "\"pay 10\"", "\"(InvalidData)\""] {
        let given = format!("lines() gives {line}");
        assert!(shown.contains(&given), "no {given} in {shown}");
    }
}

/// [NU-20] [NU-61] The client makes nothing, and trusts no name.
#[test]
fn a_client_opens_nothing_but_a_fifo() {
    let home = Program::new(DEMO);
    let path = |name: &str| home.temporary().join(name);
    get(fs::write(path("file"), "precious"), "write");
    get(std::os::unix::fs::symlink("file", path("link")), "symlink");
    let cases = [
        ("missing", "ENOENT"),
        ("file", "it is not a FIFO"),
        ("link", "symbolic link"),
        ("file/below", "ENOTDIR"),
    ];
    for (name, why) in cases {
        let client = Program::new(DEMO).arg("client").arg(path(name));
        let _ = client.run().refused(1, &["open ", name, why]);
    }
    assert_eq!(fs::read(path("file")).ok(), Some(b"precious".to_vec()));
    assert!(!path("missing").exists());
}
