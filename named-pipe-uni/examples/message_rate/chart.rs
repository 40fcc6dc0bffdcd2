//! A chart for slides. A crate for that is many crates, and nobody who runs
//! this example for its bars should have to build them: so another program
//! draws it, which cargo builds when it is asked for, in the member proofs.

use std::env;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use shared::deadline;
use shared::narrate::Narrator;
use shared::rounds::Quartiles;
use shared::stop::{Named, Stop};

use crate::figure::{ARTICLE, UNSURE, Unsure, in_words};
use crate::ways::Group;

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");

/// Somebody who waits for figures, at a pipe.
pub(crate) struct Chart {
    maker: Child,
    figures: ChildStdin,
    /// Kept, so that it has somebody to talk to.
    says: ChildStdout,
}

impl Chart {
    /// Starts the maker, and waits until it is built and has looked whether
    /// the file can be written: that should be known before the measuring, and
    /// building must not go on beside it.
    pub(crate) fn begin(file: &OsStr) -> Result<Self, Stop> {
        // `cargo run` tells which cargo it is.
        let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
        let words = ["-p", "proofs", "--example", "rate_chart", "--", "--"];
        let mut maker = Command::new(&cargo);
        maker.args(["run", "-q", "--manifest-path", WORKSPACE]).args(words);
        maker.arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let cargo = format!("start {}", cargo.to_string_lossy());
        let mut maker = maker.spawn().named(cargo)?;
        let (Some(figures), Some(mut says)) =
            (maker.stdin.take(), maker.stdout.take())
        else {
            return Err(Stop::Failed("the chart's maker has no pipes".into()));
        };
        // A line when it is ready, or an end of file: then it has said why.
        deadline::rest();
        let ready = says.read(&mut [0; 64]).named("read")? > 0;
        deadline::arm();
        let chart = Self { maker, figures, says };
        if ready {
            return Ok(chart);
        }
        chart.end()?;
        Err(Stop::Status(1))
    }

    /// Hands over the figures, a line each, and waits for the drawing.
    pub(crate) fn draw(
        mut self,
        tell: &mut Narrator,
        groups: &[Group],
    ) -> Result<(), Stop> {
        let lines = lines(groups);
        let handed_over = self.figures.write_all(lines.as_bytes());
        handed_over.named("write to the chart's maker")?;
        self.end()?;
        tell.say("And the chart is drawn.");
        Ok(())
    }

    /// The end of file is what the maker waits for, now.
    fn end(self) -> Result<(), Stop> {
        let Self { mut maker, figures, says } = self;
        drop(figures);
        let status = maker.wait().named("waitpid")?;
        drop(says);
        if status.success() { Ok(()) } else { Err(Stop::Status(1)) }
    }
}

/// Tab-separated, first what it is. What ends without `end` is not whole.
fn lines(groups: &[Group]) -> String {
    let (mut lines, mut unsure) = (String::new(), false);
    let mut line = |cells: &[&str]| {
        lines += &(cells.join("\t") + "\n");
    };
    for group in groups {
        line(&["group", group.title]);
        for way in group.ways.iter().filter(|way| way.left_out.is_none()) {
            let figures = way.quartiles();
            let Quartiles { low, median, high } = figures;
            let mark = if figures.unsure() { "?" } else { "" };
            unsure |= figures.unsure();
            let words = in_words(median) + mark;
            let cpus = if way.two_cpus { "2" } else { "1" };
            let bar = [low, median, high].map(|rate| format!("{rate:.0}"));
            let [low, median, high] = &bar;
            line(&["bar", &way.label, &words, cpus, low, median, high]);
        }
        if group.has_article {
            let rate = format!("{:.0}", ARTICLE.rate);
            line(&["mark", ARTICLE.label, &in_words(ARTICLE.rate), &rate]);
        }
        line(&["why", group.why]);
    }
    line(&["note", ARTICLE.note]);
    if unsure {
        line(&["note", UNSURE]);
    }
    line(&["end"]);
    lines
}
