//! `--quiz`: before a call that surprises, the learner says what it will
//! answer. Then the call is made, and the kernel's own answer is the key.

use std::fmt::Display;

use super::Narrator;
use super::terminal::ask;
use crate::deadline;
use crate::stop::Stop;

/// What a read or a write can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It answers how many bytes went through.
    Bytes,
    /// It answers 0.
    EndOfFile,
    /// It does not come back; nonblocking, it says EAGAIN.
    Waits,
    /// It fails.
    Error,
}

const ANSWERS: [(Answer, &str, &str); 4] = [
    (Answer::Bytes, "b", "bytes"),
    (Answer::EndOfFile, "0", "end of file"),
    (Answer::Waits, "w", "waits"),
    (Answer::Error, "e", "error"),
];

impl Answer {
    /// The answer of a call, as strace(1) prints it.
    pub(super) fn of(shown: &str) -> Self {
        match shown.rsplit(" = ").next().unwrap_or_default() {
            // poll asks what a read would do: none is ready.
            "0" if shown.starts_with("poll") => Self::Waits,
            "0" => Self::EndOfFile,
            "EAGAIN" => Self::Waits,
            number if number.parse::<usize>().is_ok() => Self::Bytes,
            _ => Self::Error,
        }
    }

    fn word(self) -> &'static str {
        let mut row = ANSWERS.iter().filter(|(answer, ..)| *answer == self);
        row.next().map_or("", |(.., word)| word)
    }
}

/// How the quiz goes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Quiz {
    asked: usize,
    right: usize,
    /// The learner's answer, until the kernel has given its own.
    guess: Option<Answer>,
}

impl Narrator {
    /// With `--quiz`, asks what a call will do; else nothing. The call that
    /// follows gives the key, or [`Narrator::turned_out`].
    ///
    /// # Errors
    ///
    /// As [`Narrator::step`].
    pub fn guess(&mut self, call: impl Display) -> Result<(), Stop> {
        let Some(mut quiz) = self.quiz else { return Ok(()) };
        self.still_heard()?;
        deadline::rest();
        let choices = ANSWERS.map(|(_, key, word)| format!("{key} {word}"));
        let question = format!("   ? {call}\n     [{}] ", choices.join(" | "));
        quiz.guess = loop {
            let typed = ask("--quiz", &question)?;
            let Some(typed) = typed.filter(|typed| typed != "q") else {
                return Err(Stop::Quietly);
            };
            let known = ANSWERS.iter().find(|(_, key, word)| {
                *key == typed.as_str() || *word == typed.as_str()
            });
            if let Some((answer, ..)) = known {
                break Some(*answer);
            }
        };
        quiz.asked += 1;
        self.quiz = Some(quiz);
        deadline::arm();
        Ok(())
    }

    /// What the call did.
    pub fn turned_out(&mut self, answer: Answer) {
        let Some(mut quiz) = self.quiz else { return };
        let Some(guess) = quiz.guess.take() else { return };
        if guess == answer {
            quiz.right += 1;
            self.say(format!("  {}: right", answer.word()));
        } else {
            let (said, is) = (guess.word(), answer.word());
            self.say(format!("  you said \"{said}\"; it is \"{is}\""));
        }
        self.quiz = Some(quiz);
    }

    /// After the last step.
    pub(super) fn score(&mut self) {
        if let Some(Quiz { asked, right, .. }) = self.quiz {
            self.say(format!("Quiz: {right} of {asked} right"));
        }
    }
}
