//! The chart of `message_rate`, for slides: what `--svg FILE` there starts. It
//! says that it is ready, reads the figures to the end of file, and draws them
//! as SVG. What it reads is a line for each thing, its cells between tabs:
//!
//! ```text
//! group TITLE
//! bar   LABEL WORDS CPUS LOW MEDIAN HIGH
//! mark  LABEL WORDS RATE
//! why   SENTENCE
//! note  SENTENCE
//! end
//! ```
//!
//! FILE is never half a chart: that is written beside it, and takes its name
//! when it is whole. See rename(2).

use std::fs::{self, File};
use std::io::{Write, stdin};
use std::path::Path;
use std::process::{self, ExitCode};

use shared::cli::{self, About};
use shared::deadline;
use shared::stop::{Named, Stop};
use shared::ways_out::{PathGuard, hold_signals};

#[path = "rate_chart/drawing.rs"]
mod drawing;
#[path = "rate_chart/figures.rs"]
mod figures;

fn main() -> ExitCode {
    let about = About {
        shows: "The bars of message_rate, drawn into FILE",
        ..shared::about!("FILE": "where the chart goes")
    };
    cli::run(&about, |tell, words| {
        let [file] = words else { return Err(cli::refuse(&about, words)) };
        let file = Path::new(file);
        let (beside, mut chart) = beside(file)?;
        tell.say("ready");

        // As long as the measuring takes.
        deadline::rest();
        let lines = std::io::read_to_string(stdin());
        deadline::arm();
        let things = figures::parse(&lines.named("read standard input")?)?;
        let drawn = drawing::draw(&things)
            .map_err(|e| Stop::Failed(format!("drawing: {e}")))?;

        let written = chart.write_all(drawn.as_bytes());
        written.named(format!("write {}", file.display()))?;
        let named = fs::rename(beside.path(), file);
        named.named(format!("rename to {}", file.display()))
    })
}

/// A file in the same directory, so that rename can give it the other one's
/// name. It is removed on every way out. And a look at what is there: to
/// rename onto a device would be to lose the device.
fn beside(file: &Path) -> Result<(PathGuard, File), Stop> {
    let what = file.display();
    if fs::symlink_metadata(file).is_ok_and(|at| !at.is_file()) {
        let why = "it is there, and it is not a regular file";
        return Err(Stop::Failed(format!("{what}: {why}")));
    }
    let name = format!(".rate_chart.{}", process::id());
    let path = file.with_file_name(name);
    // No signal between making the file and minding it.
    let held = hold_signals()?;
    let chart =
        File::create_new(&path).named(format!("write beside {what}"))?;
    let guard =
        PathGuard::new(&path).inspect_err(|_| drop(fs::remove_file(&path)))?;
    drop(held);
    Ok((guard, chart))
}
