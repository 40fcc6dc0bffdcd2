//! Two processes talk: through one FIFO, which loses a message, and through
//! two, which lose none. Man pages: fifo(7), open(2).

use std::path::Path;
use std::process::Stdio;

use named_pipe_uni::fifo::{self, Home};
use nix::fcntl::OFlag;
use shared::frame::{FrameReader, FrameWriter};
use shared::narrate::Narrator;
use shared::stop::{Named, Stop, must};

use crate::{reap, start};

/// How many rounds of ping and pong the cure has to survive.
const ROUNDS: usize = 100;

/// The schedule that loses a message, forced: a second pipe, the other
/// side's standard input, keeps it from reading until this side has.
pub(crate) fn ping_pong(tell: &mut Narrator, path: &Path) -> Result<(), Stop> {
    tell.step("Ping-pong through one letter box")?;
    let both = fifo::open(path, OFlag::O_RDWR)?;
    let (mut out, mut back) =
        (FrameWriter::new(&both), FrameReader::new(&both));
    let (peer, latecomer) = start("latecomer", &[path], Stdio::piped())?;
    must(back.recv().named("recv")? == Some(b"ready"), "the peer is ready")?;
    tell.remark("recv = \"ready\"", "the latecomer is there");
    out.send(b"ping").named("send")?;
    tell.say("send \"ping\", then recv the pong:");
    let own = back.recv().named("recv")? == Some(b"ping");
    must(own, "who reads first gets the ping, even if it is its sender")?;
    tell.remark("recv = \"ping\"", "too early: it is my own");

    // Closing its standard input gives the other side the turn.
    drop(peer);
    reap(latecomer)
}

/// One FIFO for each direction, and one order for opening them.
pub(crate) fn the_cure(tell: &mut Narrator, home: &Home) -> Result<(), Stop> {
    tell.step("The cure: one FIFO for each direction")?;
    let (there, back) = (home.path().join("there"), home.path().join("back"));
    let _made = (fifo::make(&there)?, fifo::make(&back)?);
    let (_, partner) = start("partner", &[&there, &back], Stdio::null())?;

    // Both sides open "there" first. If one began with "back", each would
    // wait in open for the other, for ever.
    // [open]
    let mut pings = FrameWriter::new(fifo::open(&there, OFlag::O_WRONLY)?);
    let mut replies = FrameReader::new(fifo::open(&back, OFlag::O_RDONLY)?);
    // Bound last, dropped first: before its pipes, if the story ends early.
    let partner = partner;
    tell.say("Both of us opened \"there\" first. Had one begun with \"back\",");
    tell.say("each would wait in open for the other, for ever [open]");
    let mut own = 0;
    let mut answered = 0;
    for round in 1..=ROUNDS {
        pings.send(format!("ping {round}").as_bytes()).named("send")?;
        let Some(answer) = replies.recv().named("recv")? else {
            return Err(partner.left_early());
        };
        own += usize::from(answer.starts_with(b"ping"));
        answered += usize::from(answer == format!("pong {round}").as_bytes());
    }
    must((answered, own) == (ROUNDS, 0), "every ping gets its pong")?;
    tell.say(format!("{answered} of {ROUNDS} pings answered, {own} my own"));

    // And an end is an end again.
    drop(pings); // BREAK 2
    reap(partner)?;
    // [eof]
    let end = replies.recv().named("recv")?;
    must(end.is_none(), "the partner's exit is an end of file")?;
    tell.remark("recv = None", "it left, and I am told [eof]");
    Ok(())
}
