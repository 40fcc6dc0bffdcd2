//! How a demo tells its story: numbered steps, and a column per process.
//!
//! One call prints its line, or its few wrapped lines, with one write(2), so
//! that lines of two processes never mix. Nothing is buffered, so a fork
//! copies no half-told line. It prints, and makes no call of its own accord.

use std::env;
use std::fmt::{Debug, Display};
use std::io;
use std::os::fd::AsFd;

use anstyle::{AnsiColor, Style};
use nix::errno::Errno;
use nix::unistd::Pid;

use crate::deadline;
use crate::observe;
use crate::picture;
use crate::stop::{Stop, errno, must, uninterrupted};

mod quiz;
mod terminal;
mod text;

pub use quiz::Answer;
use quiz::Quiz;
pub(crate) use text::fill;
pub use text::{hex, quoted};

use terminal::{
    WIPE, colour_is_wanted, is_rewritten, open_terminal, wait_for_enter,
};

/// Where lines of a step begin, and where their remarks stand.
const INDENT: usize = 3;
const REMARK: usize = 38;

/// Set in the environment of a program that tells its part beside another: to
/// the number of that process.
pub(crate) const SECOND_COLUMN: &str = "NARRATE_SECOND_COLUMN";

/// The widest a line gets; a narrower terminal gets narrower lines, to a
/// point.
const WIDTH: usize = 80;
const NARROWEST: usize = 40;

/// Prints a story to standard output.
#[derive(Debug)]
pub struct Narrator {
    step: usize,
    /// 0 for the process that began the story, 1 for its child.
    column: usize,
    width: usize,
    colour: bool,
    /// With `--step`, each step waits for Enter.
    pause: bool,
    /// With `--quiz`, how it goes.
    quiz: Option<Quiz>,
    /// The error that took standard output away.
    lost: Option<Errno>,
    /// Whether the last line is to be wiped: see [`Narrator::meanwhile`].
    passing: bool,
}

impl Narrator {
    /// A narrator in the first column, or in the second for a program that
    /// another one started with [`crate::cli::again`]. With `step_by_step`
    /// every step waits for Enter, read from the terminal itself, so that
    /// standard input stays free for the story.
    ///
    /// # Errors
    ///
    /// [`Stop::Usage`] if there is no terminal to wait for.
    pub fn new(step_by_step: bool) -> Result<Self, Stop> {
        if step_by_step {
            open_terminal("--step")?;
        }
        let columns = observe::columns(io::stdout()).unwrap_or(WIDTH);
        Ok(Self {
            step: 0,
            column: usize::from(env::var_os(SECOND_COLUMN).is_some()),
            width: columns.clamp(NARROWEST, WIDTH),
            colour: colour_is_wanted(),
            pause: step_by_step,
            quiz: None,
            lost: None,
            passing: false,
        })
    }

    /// Asks questions, and keeps the score.
    ///
    /// # Errors
    ///
    /// [`Stop::Usage`] if there is no terminal to ask on.
    pub fn with_quiz(mut self) -> Result<Self, Stop> {
        open_terminal("--quiz")?;
        self.quiz = Some(Quiz::default());
        Ok(self)
    }

    /// The same story, told by another process in the second column. It
    /// takes no steps: those are the first one's. What the first one could not
    /// print is told by the first one.
    #[must_use]
    pub fn second_column(&self) -> Self {
        Self { column: 1, pause: false, quiz: None, lost: None, ..*self }
    }

    /// Whether another process tells its part in the first column.
    #[must_use]
    pub fn is_second(&self) -> bool {
        self.column > 0
    }

    /// Begins the next step. Its title is the idea that it shows.
    ///
    /// # Errors
    ///
    /// [`Stop::Quietly`] if nobody reads standard output any more, or q was
    /// typed; [`Stop::Failed`] if standard output or the terminal fails.
    pub fn step(&mut self, title: &str) -> Result<(), Stop> {
        self.step += 1;
        let lines = fill(&format!("{}  {title}", self.step), self.width, 3);
        self.print(&format!("\n{}\n", lines.join("\n")), Style::new().bold());
        self.still_heard()?;
        deadline::rest();
        if self.pause {
            wait_for_enter()?;
        }
        deadline::arm();
        Ok(())
    }

    /// One line.
    pub fn say(&mut self, text: impl Display) {
        self.remark(text, "");
    }

    /// One line, and at its right why it is so.
    pub fn remark(&mut self, text: impl Display, why: &str) {
        let (text, indent) = (text.to_string(), self.indent());
        let after = indent + text.chars().count() + 2;
        let remark = REMARK * self.width / WIDTH;
        let column = if self.column == 0 { remark.max(after) } else { after };
        let room = self.width.saturating_sub(column);
        let lines = if why.is_empty() {
            fill(&text, self.width - indent, 2)
        } else if why.chars().count() <= room {
            let line = format!("{text:<0$}{why}", column - indent);
            vec![line.trim_end().to_string()]
        } else {
            // No room beside it: the remark goes on below.
            let mut lines = fill(&text, self.width - indent, 2);
            let below = fill(why, self.width - indent - 3, 0);
            lines.extend(below.iter().map(|line| format!("   {line}")));
            lines
        };
        let gap = " ".repeat(indent);
        let text = lines
            .iter()
            .map(|line| format!("{gap}{line}"))
            .collect::<Vec<_>>()
            .join("\n");
        self.print(&format!("{text}\n"), self.style());
    }

    /// One line that is not broken, however long: it shows what somebody else
    /// has sent.
    pub fn line(&mut self, text: impl Display) {
        let gap = " ".repeat(self.indent());
        self.print(&format!("{gap}{text}\n"), self.style());
    }

    /// One line that stands on a terminal until the next one does, for what
    /// takes long. Into a file it is never written.
    pub fn meanwhile(&mut self, text: impl Display) {
        if is_rewritten() {
            let gap = " ".repeat(self.indent());
            let line = text.to_string();
            let line: String = line.chars().take(self.room() - 1).collect();
            self.print(&format!("{gap}{line}"), self.style());
            self.passing = true;
        }
    }

    /// Characters that a line has room for.
    #[must_use]
    pub fn room(&self) -> usize {
        self.width - self.indent()
    }

    /// A question, whose answer is typed behind it.
    pub fn ask(&mut self, question: &str) {
        let gap = " ".repeat(self.indent());
        self.print(&format!("{gap}{question}"), self.style());
    }

    /// The picture of a pipe, across all columns: see [`picture::draw`].
    pub fn picture(&mut self, end: impl AsFd, processes: &[(Pid, &str)]) {
        let gap = " ".repeat(INDENT);
        let lines = picture::draw(end, processes, self.width - INDENT);
        let lines: Vec<_> = lines.iter().map(|l| format!("{gap}{l}")).collect();
        self.print(&format!("\n{}\n\n", lines.join("\n")), Style::new());
    }

    /// A report with several lines, as it stands.
    pub fn report(&mut self, report: &impl Display) {
        for line in report.to_string().lines() {
            self.say(line);
        }
    }

    /// Makes a call, and again if a signal interrupted it: as strace(1)
    /// prints it, and the call itself. The line is printed by
    /// [`Answered::must_be`].
    pub fn call<T>(
        &mut self,
        shown: impl Display,
        call: impl FnMut() -> nix::Result<T>,
    ) -> Answered<'_, T> {
        let answer = uninterrupted(call);
        Answered { tell: self, call: shown.to_string(), answer }
    }

    /// After the last step.
    ///
    /// # Errors
    ///
    /// As [`Narrator::step`].
    pub fn end(&mut self) -> Result<(), Stop> {
        deadline::rest();
        self.score();
        self.still_heard()
    }

    fn indent(&self) -> usize {
        INDENT + self.column * self.width / 2
    }

    fn style(&self) -> Style {
        let colours = [AnsiColor::Cyan, AnsiColor::Yellow];
        Style::new().fg_color(Some(colours[self.column].into()))
    }

    /// Once standard output is lost the story goes on in silence, up to the
    /// next step: a process that stopped in the middle of a turn would leave
    /// the other one waiting.
    fn print(&mut self, text: &str, style: Style) {
        if self.lost.is_none() {
            let wipe = if self.passing { WIPE } else { "" };
            self.passing = false;
            let line = if self.colour {
                // The colour ends before the line does.
                let bare = text.trim_end_matches('\n');
                format!("{wipe}{style}{bare}{style:#}{}", &text[bare.len()..])
            } else {
                format!("{wipe}{text}")
            };
            self.lost = write_whole(line.as_bytes()).err();
        }
    }

    /// Whether anybody can hear the story. A pipe that lost its reader is
    /// noticed even if nothing was printed since.
    ///
    /// # Errors
    ///
    /// As [`Narrator::step`].
    pub fn still_heard(&self) -> Result<(), Stop> {
        match self.lost {
            None if observe::is_unread(io::stdout()) => Err(Stop::Quietly),
            None => Ok(()),
            Some(Errno::EPIPE) => Err(Stop::Quietly),
            Some(e) => Err(Stop::Failed(format!(
                "write to standard output: {}",
                errno(e)
            ))),
        }
    }
}

/// An error that ends the story has a line of its own.
impl Drop for Narrator {
    fn drop(&mut self) {
        if self.passing {
            self.print("", Style::new());
        }
    }
}

/// A call that was answered, and is about to be told.
#[derive(Debug)]
#[must_use = "nothing is printed before the answer is checked"]
pub struct Answered<'a, T> {
    tell: &'a mut Narrator,
    call: String,
    answer: nix::Result<T>,
}

impl<T: Debug + PartialEq> Answered<'_, T> {
    /// Prints the call with its answer, and at its right why it is so.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`] if the answer is not the `expected` one: then the
    /// story would be untrue, and ends.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "`must_be(Ok(12), ..)` is how it reads best"
    )]
    pub fn must_be(
        self,
        expected: nix::Result<T>,
        why: &str,
    ) -> Result<(), Stop> {
        let text = |answer: &nix::Result<T>| match answer {
            Ok(value) => format!("{} = {value:?}", self.call),
            Err(e) => format!("{} = {e:?}", self.call),
        };
        let told = text(&self.answer);
        if self.answer != expected {
            // That it answered so is true; why it does, is not.
            self.tell.say(&told);
            let expected = text(&expected);
            return must(false, format!("{expected}; it was {told}"));
        }
        self.tell.remark(&told, why);
        self.tell.turned_out(Answer::of(&told));
        Ok(())
    }
}

/// A plain loop over write(2): `print!` would panic on a closed pipe.
fn write_whole(mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match nix::unistd::write(io::stdout(), bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            // Another program made it nonblocking.
            Err(Errno::EAGAIN) => observe::wait_for_room(io::stdout()),
            Err(e) => return Err(e),
        }
    }
    Ok(())
}
