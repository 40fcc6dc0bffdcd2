//! Every client against every server, with payloads that break what is
//! almost right.

use shared::frame::DEFAULT_LIMIT;

use super::peers::{Peer, everybody};
use super::place::Place;
use super::run::Run;

/// What a client can take from a line, up to `top` bytes.
fn payloads(top: usize, with_nul: bool) -> Vec<Vec<u8>> {
    let mut all = vec![
        Vec::new(),
        b"x".to_vec(),
        b"  two blanks, a tab\t, \"quotes\" and a \\n  ".to_vec(),
        "größer als ASCII: ↓ 🦀".into(),
        // Ten bytes: a newline stands in the header.
        b"ten bytes.".to_vec(),
        // Almost the end.
        b"End".to_vec(),
        b"ends".to_vec(),
        // No UTF-8, and what would steer a terminal, a shell or a printf.
        b"\xff\xfe half a letter: \xc3".to_vec(),
        b"\x1b[31mred\x1b[0m\x07\x08\r\x7f %s%n $HOME `id` * '".to_vec(),
        // Every byte but NUL and newline.
        (1..=255).filter(|byte| *byte != b'\n').collect(),
    ];
    if with_nul {
        all.push(b"\0a NUL\0, and one more\0".to_vec());
    }
    // With its header exactly PIPE_BUF, then more than that, more than a
    // pipe holds, and all that is allowed.
    let long = [4092, 5000, 70_000, DEFAULT_LIMIT];
    let long = long.into_iter().filter(|length| *length <= top);
    // A period that divides no page, so that a page in the wrong place shows.
    let period = b"0123456789abcdefghijklmnopqrstuvwxyz+";
    all.extend(long.map(|length| {
        let mut payload = period.repeat(length / period.len() + 1);
        payload.truncate(length);
        payload
    }));
    all
}

/// That the server printed these payloads, and not only something alike.
fn compare(server: &Peer, printed: &[u8], payloads: &[Vec<u8>], what: &str) {
    let payloads: Vec<_> = payloads.iter().map(Vec::as_slice).collect();
    let wanted = (server.shows)(&payloads);
    if wanted == printed {
        return;
    }
    let mut pairs = wanted.iter().zip(printed);
    let end = wanted.len().min(printed.len());
    let at = pairs.position(|(wanted, got)| wanted != got).unwrap_or(end);
    let around = |bytes: &[u8]| {
        let part = &bytes[at.saturating_sub(20)..bytes.len().min(at + 20)];
        part.escape_ascii().to_string()
    };
    panic!(
        "{what}: {} bytes, not {}; at byte {at}\n{}\nis printed as\n{}",
        printed.len(),
        wanted.len(),
        around(&wanted),
        around(printed)
    );
}

/// Every client to this server, one after the other.
fn understands_every_client(name: &str) {
    let all = everybody();
    let Some(server) = all.iter().find(|peer| peer.name == name) else {
        return;
    };
    for client in &all {
        let what = format!("{} to {name}", client.name);
        let place = Place::new();
        let serving = Run::of(server.server(&place.fifo()));
        place.has_fifo();
        let payloads = payloads(client.top.min(server.top), client.sends_nul);
        let mut lines = payloads.join(&b'\n');
        lines.extend(b"\nend\n");
        let sent = Run::of(client.client(&place.fifo())).reads(lines).ends();
        let got = serving.ends();
        for end in [&sent, &got] {
            assert_eq!((end.status, &*end.said()), (0, ""), "{what}: {end:?}");
        }
        let printed = (server.messages)(&got.printed[0]);
        compare(server, &printed, &payloads, &what);
        assert!(place.is_empty(), "{what}: the FIFO is still there");
    }
}

#[test]
fn python_understands_every_client() {
    understands_every_client("python");
}

#[test]
fn c_understands_every_client() {
    understands_every_client("c");
}

#[test]
fn dash_understands_every_client() {
    understands_every_client("dash");
}

#[test]
fn bash_understands_every_client() {
    understands_every_client("bash");
}

#[test]
fn rust_understands_every_client() {
    understands_every_client("rust");
}
