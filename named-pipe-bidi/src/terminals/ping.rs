//! The client's part of the game: it sends pings, and waits for the answer to
//! each. As the server, it does not ask whether the FIFO that it writes to is
//! the one that it reads from: what gets lost, the FIFO loses.

use std::fs::File;
use std::time::{Duration, Instant};

use shared::deadline;
use shared::frame::FrameWriter;
use shared::narrate::{Narrator, quoted};
use shared::stop::Stop;

use super::pong::step_aside;
use super::words::{Ear, Heard, number, say, unknown};

/// How many pings make a game.
const ROUNDS: u32 = 20;

/// With one FIFO, a ping that has no answer after so long counts as lost. The
/// clock is all that a player has: a message that somebody else took leaves
/// no trace, and no call reports it. So this is a guess, and an answer that
/// is slow looks like one that is lost.
const PATIENCE: Duration = Duration::from_millis(100);

/// After so many rounds in a row without an answer the client wonders whether
/// there is a server.
const DOUBT: u32 = 5;

/// What the client has seen so far: each ping was answered, taken back by
/// the client itself, or lost.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) sent: u32,
    answered: u32,
    own: u32,
    lost: u32,
}

impl Tally {
    pub(super) fn is_over(&self) -> bool {
        self.sent == ROUNDS
    }

    /// Plays on, until the game is over or the client is in doubt.
    pub(super) fn play(
        &mut self,
        tell: &mut Narrator,
        pings: &File,
        mut ear: Ear<'_>,
    ) -> Result<(), Stop> {
        let mut pings = FrameWriter::new(pings);
        let mut in_vain = 0;
        while !self.is_over() && in_vain < DOUBT {
            // A round is a step: it may not take for ever.
            deadline::arm();
            let round = self.sent + 1;
            let ping = format!("ping {round}");
            if !say(&mut pings, &ping)? {
                return Err(gone("send: EPIPE (Broken pipe)"));
            }
            self.sent = round;
            step_aside(round);
            tell.line(format!("send \"{ping}\""));
            let answered = self.listen(tell, &mut ear, round)?;
            in_vain = if answered { 0 } else { in_vain + 1 };
            tell.still_heard()?;
        }
        Ok(())
    }

    /// Waits for the answer to one ping, and learns what became of it.
    fn listen(
        &mut self,
        tell: &mut Narrator,
        ear: &mut Ear<'_>,
        round: u32,
    ) -> Result<bool, Stop> {
        let until = Instant::now() + PATIENCE;
        loop {
            let heard = match ear.hear(until)? {
                Heard::Message(heard) => heard,
                Heard::Silence => {
                    self.lost += 1;
                    let waited = PATIENCE.as_millis();
                    tell.line(format!("nothing for {waited} ms: lost"));
                    return Ok(false);
                }
                Heard::End => return Err(gone("recv: end of file")),
            };
            let shown = quoted(&heard);
            match (number(&heard, "ping"), number(&heard, "pong")) {
                (_, Some(number)) if number == round => {
                    self.answered += 1;
                    tell.line(format!("recv {shown}"));
                    return Ok(true);
                }
                // The clock was too fast for this one.
                (_, Some(_)) => tell.line(format!("recv {shown}: too late")),
                (Some(number), _) if number == round => {
                    self.own += 1;
                    tell.line(format!("recv {shown}: {OWN}"));
                    return Ok(false);
                }
                _ => return Err(unknown(&heard)),
            }
        }
    }

    pub(super) fn report(&self, tell: &mut Narrator) {
        let Self { sent, answered, own, lost } = self;
        tell.say(format!(
            "{sent} sent: {answered} answered, {own} taken back by me, \
             {lost} lost"
        ));
    }
}

fn gone(how: &str) -> Stop {
    Stop::Failed(format!("{how}: the server has left"))
}

const OWN: &str = "my own words; the server never gets them";
