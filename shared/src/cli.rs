//! The command line that all demos share, and who calls their story.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::process::{Command, ExitCode, Stdio};

use lexopt::Arg::{Long, Short, Value};

mod help;

pub use help::refuse;
use help::usage;

use crate::deadline;
use crate::narrate::{Narrator, SECOND_COLUMN};
use crate::stop::{Named, Stop};
use crate::ways_out::{self, ChildGuard};

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
    /// another, or none. A row "client --wait" is an option that the row
    /// which begins with "client" takes; a row "--wait" goes without words,
    /// and so does "--svg FILE", an option with a value.
    pub words: &'static [(&'static str, &'static str)],
    /// Whether there is something to hang in, with `--hang`.
    pub hangs: bool,
    /// Whether it asks questions, with `--quiz`.
    pub asks: bool,
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
            asks: false,
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

/// [`run`], for a story with options of its own.
#[must_use]
pub fn run_asked(
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
        if asked.quiz {
            tell = tell.with_quiz()?;
        }
        deadline::arm();
        let told = story(&mut tell, &asked).and_then(|()| tell.end());
        // What could not be removed is tried once more, and then told.
        match (told, ways_out::left_behind()) {
            (Err(told), Err(left)) => {
                let _ = left.report(about.name);
                Err(told)
            }
            (told, left) => told.and(left),
        }
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

/// What a command prints, up to its end. `Command::output` would panic where
/// its pipe cannot be read.
///
/// # Errors
///
/// As of starting it, reading from its pipe, and waiting for it.
pub fn printed_by(command: &mut Command) -> io::Result<String> {
    // What it complains of is its own: a story that was ended takes away the
    // file that it looks at.
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let guard = ChildGuard::of(&child);
    let mut printed = String::new();
    if let Some(pipe) = &mut child.stdout {
        pipe.read_to_string(&mut printed)?;
    }
    child.wait()?;
    guard.reaped();
    Ok(printed)
}

/// What the command line asks for.
#[derive(Debug, Default)]
pub struct Asked {
    step: bool,
    quiz: bool,
    pub(crate) hang: bool,
    /// The words besides options.
    pub words: Vec<OsString>,
    /// The options of its row.
    options: Vec<String>,
    /// Options with a value.
    values: Vec<(String, OsString)>,
}

impl Asked {
    /// Whether this option was given, as in `has("--wait")`.
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        self.options.iter().any(|given| given == option)
    }

    /// What this option was given, as in `value("--svg")`; of several, the
    /// last.
    #[must_use]
    pub fn value(&self, option: &str) -> Option<&OsStr> {
        let mut given = self.values.iter().rev();
        given.find(|(name, _)| name == option).map(|(_, value)| value.as_ref())
    }
}

fn parse(about: &About, mut args: lexopt::Parser) -> Result<Asked, Stop> {
    let mut asked = Asked::default();
    let refuse =
        |what: String| Stop::Usage(format!("{what}; usage: {}", usage(about)));
    let most = about.words.iter().map(|(row, _)| most_words(row)).max();
    let most = most.unwrap_or(0);
    while let Some(arg) = args.next().map_err(|e| refuse(e.to_string()))? {
        match arg {
            Long("step") => asked.step = true,
            Long("quiz") if about.asks => asked.quiz = true,
            Long("hang") if about.hangs => asked.hang = true,
            Long(word) if format!("--{word}") == deadline::EXPLAIN => {
                let process = args.value().unwrap_or_default();
                deadline::explain(&process.to_string_lossy());
                return Err(Stop::Quietly);
            }
            Long(word) if help::is_option(about, word) => {
                asked.options.push(format!("--{word}"));
            }
            Long(word) if help::takes_value(about, word) => {
                let option = format!("--{word}");
                let value = args.value().map_err(|e| refuse(e.to_string()))?;
                asked.values.push((option, value));
            }
            Short('h') | Long("help") => {
                return help::print(&help::text(about));
            }
            Short('V') | Long("version") => {
                let version = format!("{} {}\n", about.name, about.version);
                return help::print(&version);
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
    // An option belongs to its row: "--wait" alone asks for nothing, unless
    // there is such a row.
    let role = asked.words.first().map(|word| word.to_string_lossy());
    for option in &asked.options {
        let row = role
            .as_deref()
            .map_or(option.clone(), |role| format!("{role} {option}"));
        if about.words.iter().all(|(known, _)| *known != row) {
            return Err(refuse(format!("unexpected {option:?}")));
        }
    }
    if let (Some(_), Some((option, _))) = (role, asked.values.first()) {
        return Err(refuse(format!("unexpected {option:?}")));
    }
    Ok(asked)
}

/// "FILE" is one word, "COMMAND..." any number, up to the end of the line, and
/// "--wait" none.
fn most_words(row: &str) -> usize {
    match row {
        option if option.starts_with("--") => 0,
        row if row.ends_with("...") => usize::MAX,
        row => row.split(' ').count(),
    }
}
