//! The command line that all demos share, and who calls their story.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use lexopt::Arg::{Long, Short, Value};

use crate::narrate::Narrator;
use crate::stop::Stop;
use crate::ways_out;

/// What a program says of itself.
#[derive(Debug)]
pub struct About {
    /// Its name, as in `cargo run -p NAME`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it shows, in a sentence.
    pub shows: &'static str,
    /// The words it takes besides options, as (name, meaning).
    pub words: &'static [(&'static str, &'static str)],
}

/// The [`About`] of the crate that calls it, from its Cargo.toml; the words
/// it takes as `"NAME": "meaning"`.
#[macro_export]
macro_rules! about {
    ($($word:literal: $meaning:literal),*) => {
        $crate::cli::About {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            shows: env!("CARGO_PKG_DESCRIPTION"),
            words: &[$(($word, $meaning)),*],
        }
    };
}

/// Reads the command line, tells the story, and turns the way it ended into
/// an exit status: 0 well, 1 a call failed, 2 a wrong command line.
#[must_use]
pub fn run(
    about: &About,
    story: fn(&mut Narrator, &[OsString]) -> Result<(), Stop>,
) -> ExitCode {
    let told = parse(about, lexopt::Parser::from_env()).and_then(|asked| {
        ways_out::install(about.name)?;
        let mut tell = Narrator::new(asked.step)?;
        ways_out::arm_deadline();
        story(&mut tell, &asked.words)?;
        tell.end()
    });
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => stop.exit(about.name),
    }
}

struct Asked {
    step: bool,
    words: Vec<OsString>,
}

fn parse(about: &About, mut args: lexopt::Parser) -> Result<Asked, Stop> {
    let mut asked = Asked { step: false, words: Vec::new() };
    let refuse = |what: String| {
        Stop::Usage(format!("{what}; there is: {}", usage(about)))
    };
    while let Some(arg) = args.next().map_err(|e| refuse(e.to_string()))? {
        match arg {
            Long("step") => asked.step = true,
            Short('h') | Long("help") => return print(&help(about)),
            Short('V') | Long("version") => {
                return print(&format!("{} {}\n", about.name, about.version));
            }
            Value(word) if asked.words.len() < about.words.len() => {
                asked.words.push(word);
            }
            unknown => return Err(refuse(unknown.unexpected().to_string())),
        }
    }
    Ok(asked)
}

fn usage(about: &About) -> String {
    let mut line = about.name.to_string();
    for (word, _) in about.words {
        line += &format!(" [{word}]");
    }
    line + " [--step] [--help] [--version]"
}

fn help(about: &About) -> String {
    let options = [
        ("--step", "wait for Enter before each step; q leaves"),
        ("--help", "this text"),
        ("--version", "the version"),
    ];
    let mut text = format!("{}\n\nUsage: {}\n\n", about.shows, usage(about));
    for (word, meaning) in about.words.iter().chain(&options) {
        text += &format!("  {word:<10} {meaning}\n");
    }
    text
}

/// Prints what was asked for, which ends the program well. `--help | head`
/// may close standard output early: that is no failure.
fn print<T>(text: &str) -> Result<T, Stop> {
    let _ = std::io::stdout().write_all(text.as_bytes());
    Err(Stop::Quietly)
}
