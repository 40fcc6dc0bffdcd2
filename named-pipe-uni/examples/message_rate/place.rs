//! Where the two programs run, and what they may not have here.

use std::io;

use shared::narrate::Narrator;
use shared::pin;
use shared::stop::{Named, Stop, errno};

use crate::pipe_size;
use crate::ways::LARGE;

pub(crate) struct Place {
    /// This program's CPU; none if it runs anywhere.
    own: Option<usize>,
    /// The other program's, where there are two.
    other: Option<usize>,
    /// Why there are no bars for two CPUs.
    pub(crate) no_second_cpu: Option<String>,
    /// Why there are none for a large pipe.
    pub(crate) no_large_pipe: Option<String>,
}

impl Place {
    /// Looks what there is, and says it. On one CPU the two programs take
    /// turns; on two they work at once, and have to wake each other across.
    /// Which of them it is can matter more than all the rest, and the kernel,
    /// left to itself, changes it in the middle.
    pub(crate) fn settle(tell: &mut Narrator) -> Result<Self, Stop> {
        if cfg!(debug_assertions) {
            tell.say("A debug build: its figures say little. Use --release.");
        }
        let allowed = pin::allowed();
        let (own, other) = match allowed[..] {
            [.., other, own] => (Some(own), Some(other)),
            [own] => (Some(own), None),
            [] => (None, None),
        };
        let mut place = Self {
            own,
            other,
            no_second_cpu: None,
            no_large_pipe: large_pipe()?,
        };
        match (own, other, own.map_or(Ok(()), pin::to)) {
            (Some(_), _, Err(e)) => {
                (place.own, place.other) = (None, None);
                let e = errno(e);
                tell.say(format!("They run anywhere: sched_setaffinity: {e}."));
                place.refuse_two("no program is kept on a CPU here");
            }
            (None, ..) => {
                tell.say("This system alone chooses their CPUs.");
                place.refuse_two("this system alone chooses the CPUs");
            }
            (Some(own), None, _) => {
                tell.say(format!("They take turns on CPU {own}."));
                place.refuse_two("this machine lets it use one CPU only");
            }
            (Some(own), Some(other), _) => {
                tell.say(format!("One CPU: they take turns on CPU {own}."));
                tell.say(format!("Two: the other program is on CPU {other}."));
            }
        }
        Ok(place)
    }

    fn refuse_two(&mut self, why: &str) {
        self.no_second_cpu = Some(why.to_string());
    }

    /// Goes to the CPU where the other program is to be: what is started from
    /// now on stays there.
    pub(crate) fn go_to_the_other(&self, two_cpus: bool) -> Result<(), Stop> {
        go(if two_cpus { self.other } else { self.own })
    }

    pub(crate) fn come_back(&self) -> Result<(), Stop> {
        go(self.own)
    }
}

fn go(to: Option<usize>) -> Result<(), Stop> {
    to.map_or(Ok(()), pin::to).named("sched_setaffinity")
}

/// Why there is no large pipe, tried with one: this user may have many pipes
/// already.
fn large_pipe() -> Result<Option<String>, Stop> {
    let (read_end, _write_end) = io::pipe().named("pipe")?;
    let answer = pipe_size::grow(read_end, LARGE);
    Ok(answer.err().map(|e| format!("F_SETPIPE_SZ: {}", errno(e))))
}
