//! The server's part of the game: it answers each ping with a pong. It says
//! things into one FIFO and hears things from another, and does not ask
//! whether the two are the same. Man pages: fifo(7), `sched_yield(2)`.

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use shared::frame::FrameWriter;
use shared::narrate::{Narrator, quoted};
use shared::stop::Stop;

use super::words::{Ear, Heard, number, say, unknown};

/// After so long a silence the server wonders whether there is a client.
const SILENCE: Duration = Duration::from_secs(2);

/// Both players say something and listen at once, as simple programs do.
/// Whoever is awake is faster than whoever has to wake up. So with one FIFO
/// each would take back nearly all of its own words, and a class would see
/// nothing else. At every second number a player lets the other one run
/// first, if the kernel likes. That is a hope and no order: it leaves the
/// race open, and mends nothing.
pub(super) fn step_aside(number: u32) {
    if number.is_multiple_of(2) {
        thread::yield_now();
    }
}

/// Answers pings until the game is over.
pub(super) fn answer(
    tell: &mut Narrator,
    pings: &File,
    replies: &File,
) -> Result<(), Stop> {
    let mut ear = Ear::new(pings);
    let mut replies = FrameWriter::new(replies);
    // The numbers of my answers that I have not taken back.
    let mut left = Vec::new();
    let mut own = 0;
    // Who has heard nobody yet misses nobody.
    let mut misses = false;
    loop {
        let heard = match ear.hear(Instant::now() + SILENCE)? {
            Heard::Message(heard) => heard,
            // With one FIFO, silence is all that a client leaves behind.
            Heard::Silence => {
                if misses {
                    let seconds = SILENCE.as_secs();
                    tell.say(format!("{seconds} s of silence: {NOBODY_KNOWS}"));
                    tell.still_heard()?;
                }
                misses = false;
                continue;
            }
            Heard::End => {
                // [eof]
                tell.say("end of file: the client has left [eof]");
                break;
            }
        };
        misses = true;
        let shown = quoted(&heard);
        if let Some(number) = number(&heard, "ping") {
            let pong = format!("pong {number}");
            if !say(&mut replies, &pong)? {
                tell.line(format!("recv {shown}, send: EPIPE, {LEFT}"));
                break;
            }
            step_aside(number);
            left.push(number);
            tell.line(format!("recv {shown}, send \"{pong}\""));
        } else if let Some(at) = number(&heard, "pong")
            .and_then(|pong| left.iter().position(|number| *number == pong))
        {
            left.swap_remove(at);
            own += 1;
            tell.line(format!("recv {shown}: {OWN}"));
        } else if heard == b"end" {
            tell.line(format!("recv {shown}"));
            break;
        } else {
            return Err(unknown(&heard));
        }
        tell.still_heard()?;
    }
    let rest = left.len();
    let answered = own + rest;
    tell.say(format!(
        "{answered} answered: {own} taken back by me, {rest} left to the client"
    ));
    Ok(())
}

const LEFT: &str = "the client has left";
const OWN: &str = "my own words; the client never gets them";
const NOBODY_KNOWS: &str =
    "the client may have left. Nobody tells: I hold both ends";
