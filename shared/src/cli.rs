//! The command line that all demos share, and who calls their story.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::{Command, ExitCode, Stdio};

use lexopt::Arg::{Long, Short, Value};

use crate::deadline;
use crate::narrate::{Narrator, SECOND_COLUMN};
use crate::stop::{Named, Stop};
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
    /// The words it takes besides options, as (words, meaning): one row or
    /// another, or none.
    pub words: &'static [(&'static str, &'static str)],
    /// Whether there is something to hang in, with `--hang`.
    pub hangs: bool,
}

/// The [`About`] of the program that calls it; the words it takes come as
/// `"NAME": "meaning"`. What it shows is the crate's description; an example
/// says it itself: `About { shows: "…", ..about!() }`.
#[macro_export]
macro_rules! about {
    ($($word:literal: $meaning:literal),*) => {
        $crate::cli::About {
            name: env!("CARGO_BIN_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            shows: env!("CARGO_PKG_DESCRIPTION"),
            words: &[$(($word, $meaning)),*],
            hangs: false,
        }
    };
}

/// Reads the command line, tells the story, and turns the way it ended into
/// an exit status: 0 well, 1 a call failed, 2 a wrong command line.
#[must_use]
pub fn run(
    about: &About,
    story: impl FnOnce(&mut Narrator, &[OsString]) -> Result<(), Stop>,
) -> ExitCode {
    run_asked(about, |tell, asked| story(tell, &asked.words))
}

/// [`run`], for a story that wants to know all that was asked for.
pub(crate) fn run_asked(
    about: &About,
    story: impl FnOnce(&mut Narrator, &Asked) -> Result<(), Stop>,
) -> ExitCode {
    let told = parse(about, lexopt::Parser::from_env()).and_then(|asked| {
        ways_out::install()?;
        if let Ok(parent) = env::var(SECOND_COLUMN) {
            ways_out::end_with(parent.parse().unwrap_or(0));
        }
        deadline::install(about.name)?;
        let mut tell = Narrator::new(asked.step)?;
        deadline::arm();
        story(&mut tell, &asked)?;
        tell.end()
    });
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => stop.exit(about.name),
    }
}

/// This program once more, in another role, telling its part in the second
/// column. Nothing is shared but what `words` says: no descriptor comes along
/// except standard output and standard error. It ends when this one does.
///
/// # Errors
///
/// As readlink(2) "ERRORS" lists, for the program's own path.
pub fn again(words: &[&OsStr]) -> Result<Command, Stop> {
    let program = env::current_exe().named("readlink of this program")?;
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null());
    command.env(SECOND_COLUMN, std::process::id().to_string());
    Ok(command)
}

/// What the command line asks for.
pub(crate) struct Asked {
    step: bool,
    pub(crate) hang: bool,
    pub(crate) words: Vec<OsString>,
}

fn parse(about: &About, mut args: lexopt::Parser) -> Result<Asked, Stop> {
    let mut asked = Asked { step: false, hang: false, words: Vec::new() };
    let refuse =
        |what: String| Stop::Usage(format!("{what}; usage: {}", usage(about)));
    let most = about.words.iter().map(|(row, _)| most_words(row)).max();
    let most = most.unwrap_or(0);
    while let Some(arg) = args.next().map_err(|e| refuse(e.to_string()))? {
        match arg {
            Long("step") => asked.step = true,
            Long("hang") if about.hangs => asked.hang = true,
            Long(word) if format!("--{word}") == deadline::EXPLAIN => {
                let process = args.value().unwrap_or_default();
                deadline::explain(&process.to_string_lossy());
                return Err(Stop::Quietly);
            }
            Short('h') | Long("help") => return print(&help(about)),
            Short('V') | Long("version") => {
                return print(&format!("{} {}\n", about.name, about.version));
            }
            Value(word) if asked.words.len() < most => {
                asked.words.push(word);
                if most == usize::MAX {
                    // A command follows, with options of its own.
                    let rest = args.raw_args();
                    let rest = rest.map_err(|e| refuse(e.to_string()))?;
                    asked.words.extend(rest);
                    break;
                }
            }
            unknown => return Err(refuse(unknown.unexpected().to_string())),
        }
    }
    Ok(asked)
}

/// "FILE" is one word, "COMMAND..." any number, up to the end of the line.
fn most_words(row: &str) -> usize {
    if row.ends_with("...") { usize::MAX } else { row.split(' ').count() }
}

/// For words that a program does not know, or not in this order.
#[must_use]
pub fn refuse(about: &About, words: &[OsString]) -> Stop {
    let words: Vec<_> = words.iter().map(|w| w.to_string_lossy()).collect();
    let given = words.join(" ");
    // "client" alone, where a row says "client PATH".
    let missing = about.words.iter().find_map(|(row, _)| {
        row.strip_prefix(&given)?.trim_start().split(' ').next()
    });
    let what = match missing {
        Some(word) if !word.is_empty() => format!("{word} is missing"),
        _ => format!("unexpected {given:?}"),
    };
    Stop::Usage(format!("{what}; usage: {}", usage(about)))
}

/// The usage line: all the words and options there are.
fn usage(about: &About) -> String {
    let rows: Vec<_> = about.words.iter().map(|(words, _)| *words).collect();
    let words = match rows.as_slice() {
        [] => String::new(),
        rows => format!(" [{}]", rows.join(" | ")),
    };
    let hang = if about.hangs { " [--hang]" } else { "" };
    format!("{}{words}{hang} [--step] [--help] [--version]", about.name)
}

fn help(about: &About) -> String {
    let options = [
        ("--step", "wait for Enter before each step; q leaves"),
        ("--help", "this text"),
        ("--version", "the version"),
    ];
    let hang = [("--hang", "really hang, to be looked at from outside")];
    let hang = if about.hangs { &hang[..] } else { &[] };
    let rows = about.words.iter().chain(hang).chain(&options);
    let left = rows.clone().map(|(word, _)| word.len()).max().unwrap_or(0);
    let rows = rows.map(|(word, what)| format!("  {word:<left$}  {what}\n"));
    let rows = rows.collect::<Vec<_>>().concat();
    format!(
        "{}\n\nUsage: {}\n\n{rows}\n\
         A step that takes {} s is ended, and says why it hung. DEADLINE=0 in\n\
         the environment lets it hang; any other number sets the seconds.\n",
        about.shows,
        usage(about),
        deadline::SECONDS
    )
}

/// Prints what was asked for, which ends the program well. `--help | head`
/// may close standard output early: that is no failure.
fn print<T>(text: &str) -> Result<T, Stop> {
    let _ = std::io::stdout().write_all(text.as_bytes());
    Err(Stop::Quietly)
}
