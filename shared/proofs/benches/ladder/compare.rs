//! The pairs, and what comes of them.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use shared::pin;
use shared::rounds::Quartiles;
use shared::stop::{Named, Stop};

use crate::pattern::{LENGTH, Look};
use crate::rounds::{bytes_for, gib_per_second};
use crate::rungs::ladder;
use crate::source::Source;
use crate::trip::{Reader, trip};

/// Rust has to be this fast, where C++ is 1.
const BOUND: f64 = 0.95;
const PAIRS: usize = 21;
/// What a trip takes, about.
const GOAL: Duration = Duration::from_millis(30);

/// The word that makes this program climb one rung, once.
const CLIMB: &str = "climb";

pub(crate) fn main() -> Result<(), Stop> {
    let words: Vec<_> = env::args().skip(1).collect();
    match words.as_slice() {
        [first, rung, bytes] if first == CLIMB => {
            let nanoseconds = climb(number(rung)?, number(bytes)?)?.as_nanos();
            println!("{nanoseconds}");
            Ok(())
        }
        // cargo bench adds --bench.
        _ => compare(),
    }
}

/// One trip; with 0 bytes, one on which all that is read is looked at.
fn climb(rung: usize, bytes: usize) -> Result<Duration, Stop> {
    let rung = ladder()[rung];
    let mut reader = Reader::new()?;
    let source = Source::new(rung.pages, &reader.checker.pattern);
    if source.pages != rung.pages {
        return Err(Stop::Failed(format!("huge pages: {}", source.how)));
    }
    let (bytes, look) = match bytes {
        0 => (2 * LENGTH, Look::AtAll),
        bytes => (bytes, Look::AtSome),
    };
    trip(&rung, source.bytes, &mut reader, bytes, look)
}

fn compare() -> Result<(), Stop> {
    let twin = build()?;
    let this = env::current_exe().named("readlink of this program")?;
    // All that is started from here stays on the same CPU.
    let cpus = pin::allowed();
    let cpu = cpus.last().copied().unwrap_or(0);
    pin::to(cpu).named("sched_setaffinity")?;
    println!("CPU {cpu}, {PAIRS} pairs, median and quartiles of Rust / C++");
    let mut slower = Vec::new();
    for (at, rung) in ladder().iter().enumerate() {
        let rust = |bytes| nanoseconds(&this, &[CLIMB], at, bytes);
        let cpp = |bytes| nanoseconds(&twin, &[], at, bytes);
        rust(0)?;
        let bytes = bytes_for(GOAL, rust)?;
        let (mut speeds, mut ratios) = ([vec![], vec![]], vec![]);
        for pair in 0..PAIRS {
            let (rust, cpp) = if pair % 2 == 0 {
                let rust = rust(bytes)?;
                (rust, cpp(bytes)?)
            } else {
                let cpp = cpp(bytes)?;
                (rust(bytes)?, cpp)
            };
            let [rust, cpp] = [rust, cpp].map(|t| gib_per_second(bytes, t));
            ratios.push(rust / cpp);
            speeds[0].push(rust);
            speeds[1].push(cpp);
        }
        let Quartiles { low, median: ratio, high } = Quartiles::of(ratios);
        let [rust, cpp] = speeds.map(|speeds| Quartiles::of(speeds).median);
        println!(
            "{:<14}  Rust {rust:>6.2}  C++ {cpp:>6.2} GiB/s  \
             {ratio:.3} ({low:.3}..{high:.3})",
            rung.name
        );
        if ratio < BOUND {
            slower.push(rung.name);
        }
    }
    if slower.is_empty() {
        return Ok(());
    }
    let rungs = slower.join(", ");
    Err(Stop::Failed(format!("Rust is below {BOUND} of C++: {rungs}")))
}

/// Has `program` climb a rung, and reads how long that took.
fn nanoseconds(
    program: &Path,
    words: &[&str],
    rung: usize,
    bytes: usize,
) -> Result<Duration, Stop> {
    let (rung, bytes) = (rung.to_string(), bytes.to_string());
    let mut command = Command::new(program);
    let ended = command.args(words).args([rung, bytes]).output();
    let ended = ended.named(program.display())?;
    let told = String::from_utf8_lossy(&ended.stdout);
    match told.trim().parse() {
        Ok(nanoseconds) if ended.status.success() => {
            Ok(Duration::from_nanos(nanoseconds))
        }
        _ => {
            let why = String::from_utf8_lossy(&ended.stderr);
            let (program, why) = (program.display(), why.trim());
            Err(Stop::Failed(format!("{program}: {}: {why}", ended.status)))
        }
    }
}

/// Compiles the twin, with whatever C++ compiler there is.
fn build() -> Result<PathBuf, Stop> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/twins/throughput.cc");
    let twin = Path::new(env!("CARGO_TARGET_TMPDIR")).join("throughput-twin");
    let known = ["c++", "g++", "clang++"].map(OsString::from);
    for compiler in env::var_os("CXX").into_iter().chain(known) {
        let mut command = Command::new(&compiler);
        command.args(["-std=c++17", "-O2", "-Wall", "-Wextra", "-o"]);
        let Ok(ended) = command.arg(&twin).arg(source).status() else {
            continue;
        };
        let failed = format!("{} failed", compiler.display());
        return if ended.success() {
            Ok(twin)
        } else {
            Err(Stop::Failed(failed))
        };
    }
    let missing = "no C++ compiler: neither CXX, c++, g++ nor clang++";
    Err(Stop::Failed(missing.to_string()))
}

fn number(word: &str) -> Result<usize, Stop> {
    let number = word.parse().ok();
    number.ok_or(Stop::Usage(format!("{word:?} is no number")))
}
