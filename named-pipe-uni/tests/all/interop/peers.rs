//! Who can speak: one row for each language.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::{env, fs};

use harness::get;
use nix::libc;
use nix::unistd::mkdtemp;
use shared::frame::DEFAULT_LIMIT;
use shared::narrate::quoted;

/// A program that speaks our frames.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// The program; then, for a language that is interpreted, its script.
    words: Vec<OsString>,
    /// What its client wants behind the path.
    client: &'static [&'static str],
    /// The longest payload that is asked of it.
    pub(crate) top: usize,
    /// Whether its client can send a NUL byte.
    pub(crate) sends_nul: bool,
    /// What its server prints for these payloads.
    pub(crate) shows: fn(&[&[u8]]) -> Vec<u8>,
    /// Of all that its server prints, the messages.
    pub(crate) messages: fn(&[u8]) -> Vec<u8>,
}

impl Peer {
    fn new(name: &'static str, words: Vec<OsString>) -> Self {
        let client = &[];
        let shows = as_they_are;
        let top = DEFAULT_LIMIT;
        let messages = <[u8]>::to_vec;
        Self { name, words, client, top, sends_nul: true, shows, messages }
    }

    pub(crate) fn server(&self, path: &Path) -> Command {
        self.role("server", path)
    }

    pub(crate) fn client(&self, path: &Path) -> Command {
        let mut command = self.role("client", path);
        command.args(self.client);
        command
    }

    fn role(&self, role: &str, path: &Path) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).arg(role).arg(path);
        command
    }
}

/// All that are installed here, in other languages.
pub(crate) fn peers() -> &'static [Peer] {
    static PEERS: OnceLock<Vec<Peer>> = OnceLock::new();
    PEERS.get_or_init(|| {
        let dash = shell("dash", 70_000);
        let bash = shell("bash", 5_000);
        [python(), c(), dash, bash].into_iter().flatten().collect()
    })
}

/// They, and the Rust program. What it does beyond the frames is another
/// matter: it outlives its clients, and tells more. See `at_two_terminals`.
pub(crate) fn everybody() -> Vec<&'static Peer> {
    static RUST: OnceLock<Peer> = OnceLock::new();
    peers().iter().chain([RUST.get_or_init(rust)]).collect()
}

fn python() -> Option<Peer> {
    // A launcher may stand before the interpreter, and take its time. So does
    // looking for installed packages, which -S spares.
    let asks = ["-S", "-c", "import sys; print(sys.executable)"];
    let asks = asks.map(OsStr::new);
    let told = installed("python3", &asks)?.stdout;
    let real = String::from_utf8_lossy(&told).trim().to_string();
    Some(Peer::new("python", vec![real.into(), "-S".into(), source("peer.py")]))
}

fn c() -> Option<Peer> {
    let (built, source) = (kept().join("peer"), source("peer.c"));
    let words = ["-Wall", "-Wextra", "-Werror", "-o"].map(OsStr::new);
    let files = [built.as_os_str(), &source];
    let told = installed("cc", &[&words[..], &files].concat())?;
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    Some(Peer::new("c", vec![built.into()]))
}

/// It reads each byte with a system call of its own, and keeps each as a
/// word: a second for the limit. So it is spared the long ones.
fn shell(name: &'static str, top: usize) -> Option<Peer> {
    let _ = installed(name, &["-c", ":"].map(OsStr::new))?;
    let peer = Peer::new(name, vec![name.into(), source("peer.sh")]);
    Some(Peer { top, sends_nul: false, ..peer })
}

fn rust() -> Peer {
    let program = env!("CARGO_BIN_EXE_named-pipe-uni").into();
    let peer = Peer::new("rust", vec![program]);
    let client = &["--stdin", "--wait"];
    Peer { client, shows: numbered, messages: of_the_story, ..peer }
}

/// Each payload, and a newline.
fn as_they_are(payloads: &[&[u8]]) -> Vec<u8> {
    let line = |payload: &&[u8]| [payload, &b"\n"[..]].concat();
    payloads.iter().map(line).collect::<Vec<_>>().concat()
}

/// A number, and the payload as text, escaped. Of a long one the beginning
/// and the length.
fn numbered(payloads: &[&[u8]]) -> Vec<u8> {
    let payloads = payloads.iter().enumerate();
    let lines = payloads
        .map(|(at, payload)| format!("   {}: {}\n", at + 1, quoted(payload)));
    lines.collect::<String>().into_bytes()
}

/// The lines of the Rust server that show a message, but for the last one.
fn of_the_story(printed: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(printed);
    let lines = text.lines().filter(|line| {
        let number = line.trim_start().split(": \"").next().unwrap_or_default();
        number.parse::<usize>().is_ok() && !line.ends_with(": \"end\"")
    });
    lines.flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
}

fn source(name: &str) -> OsString {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("interop").join(name).into()
}

/// What a program answers, if it is there.
fn installed(program: &str, words: &[&OsStr]) -> Option<Output> {
    match Command::new(program).args(words).output() {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let all = env::var_os("ALL_PEERS").is_some_and(|set| set == "1");
            assert!(!all, "no {program}, and ALL_PEERS=1 wants them all");
            println!("skipped: no {program}");
            None
        }
        answer => Some(get(answer, program)),
    }
}

/// A directory that stays until the last test has ended.
fn kept() -> &'static Path {
    extern "C" fn remove() {
        let _ = fs::remove_dir_all(KEPT.get_or_init(PathBuf::new));
    }
    static KEPT: OnceLock<PathBuf> = OnceLock::new();
    KEPT.get_or_init(|| {
        // SAFETY: it is called once, when the main thread has ended its work.
        unsafe { libc::atexit(remove) };
        let template = env::temp_dir().join("peers.XXXXXX");
        get(mkdtemp(&template), template.display())
    })
}
