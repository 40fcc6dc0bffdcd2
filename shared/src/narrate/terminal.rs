//! What a narrator needs of the terminal: whether it takes colour, and an
//! Enter now and then.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use crate::stop::{Named, Stop, io_error};

/// Colour on a terminal that can, unless `NO_COLOR` is set; always with
/// `CLICOLOR_FORCE`.
pub(super) fn colour_is_wanted() -> bool {
    let on_a_terminal = io::stdout().is_terminal()
        && anstyle_query::term_supports_color()
        && anstyle_query::clicolor() != Some(false);
    !anstyle_query::no_color()
        && (on_a_terminal || anstyle_query::clicolor_force())
}

/// Goes back to the begin of a line, and wipes it.
pub(super) const WIPE: &str = "\r\x1b[K";

/// Whether a line that was printed can be wiped again: on a terminal that
/// knows how.
pub(super) fn is_rewritten() -> bool {
    io::stdout().is_terminal() && anstyle_query::term_supports_ansi_color()
}

/// The terminal this program was started on, wherever its standard input is.
pub(super) fn open_terminal(option: &str) -> Result<File, Stop> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    terminal.map_err(|e| {
        let why = io_error(&e);
        Stop::Usage(format!("{option} needs a terminal: open /dev/tty: {why}"))
    })
}

/// What is typed as an answer, without the blanks around it; none at the end
/// of the file that a terminal is.
pub(super) fn ask(
    option: &str,
    question: &str,
) -> Result<Option<String>, Stop> {
    // The terminal is opened for the one answer and closed again: the story's
    // own descriptors keep the numbers that they have without it.
    let mut terminal = open_terminal(option)?;
    terminal.write_all(question.as_bytes()).named("write /dev/tty")?;
    let mut answer = String::new();
    let typed = BufReader::new(&terminal).read_line(&mut answer);
    let length = typed.named("read /dev/tty")?;
    Ok((length > 0).then(|| answer.trim().to_lowercase()))
}

/// Enter goes on, and q leaves.
pub(super) fn wait_for_enter() -> Result<(), Stop> {
    let answer = ask("--step", "   [Enter] goes on, [q] leaves ")?;
    // Back up over what was asked and typed: the story on the screen looks
    // as it does without --step.
    if answer.is_some() && anstyle_query::term_supports_ansi_color() {
        let mut terminal = open_terminal("--step")?;
        terminal.write_all(b"\x1b[A\r\x1b[K").named("write /dev/tty")?;
    }
    match answer.as_deref() {
        None | Some("q") => Err(Stop::Quietly),
        Some(_) => Ok(()),
    }
}
