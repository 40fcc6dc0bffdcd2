//! What a story has to do with a fault, and what it may.

use std::collections::BTreeSet;

use harness::{Signal, transcript};

use crate::errnos::{DELAYS, KILL, looks_on};
use crate::run::Run;
use crate::trace::Call;

/// Where a story may go on after an error, to exit status 0: the call, a part
/// of its shape, the errno, and why that is right. Besides, a look that fails
/// may show "unknown". All else is a failure that has to be told.
const GOES_ON: [(&str, &str, &str, &str); 12] = [
    ("write", "write(1<", "EAGAIN", "somebody made it nonblocking: it waits"),
    ("write", "write(1<", "EPIPE", "a reader that leaves ends it quietly"),
    ("mkdir", "/fifo.#", "EEXIST", "mkdtemp tries another name"),
    ("mkdir", "/named-pipe-", "EEXIST", "a server was faster, and has left"),
    ("openat", "/ping", "ENXIO", "client --wait asks again"),
    ("poll", "", "ENOMEM", "of standard output: the next write tells"),
    ("read", "/fifo>", "EAGAIN", "of a game: poll is asked again"),
    ("read", "/fifo.#>", "EAGAIN", "the same"),
    ("write", "/fifo.#>", "EPIPE", "told: \"the client has left\""),
    ("waitid", "", "ECHILD", "SIGCHLD's handler looks: waitpid tells, too"),
    ("unlink", "", "", "tried again at the end, and told if that fails"),
    ("rmdir", "", "", "tried again at the end, and told if that fails"),
];

/// The words that a sentence may have for a call. A call that std makes to
/// start a program is told as that.
fn names(call: &Call) -> &'static [&'static str] {
    match call.name.as_str() {
        "pipe2" => &["pipe", "run ls"],
        "clone" => &["fork"],
        "clone3" => &["start ", "run ls"],
        "read" => &["read", "recv", "run ls"],
        "write" => &["write", "send"],
        "openat" => &["open", "start ", "run ls"],
        "mknodat" => &["mkfifo"],
        "mkdir" => &["mkdir", "mkdtemp", "open"],
        "poll" => &["poll", "run ls"],
        "wait4" => &["waitpid", "run ls"],
        // To remove a name is to look first whose it is.
        "statx" | "newfstatat" => &["stat", "unlink"],
        "ioctl" => &["ioctl", "run ls"],
        "unlink" => &["unlink"],
        "rmdir" => &["rmdir"],
        "flock" => &["flock"],
        "rename" => &["rename"],
        "lseek" => &["lseek"],
        "dup" | "dup2" | "dup3" => &["dup"],
        "fcntl" => &["fcntl", "dup"],
        "readlink" => &["readlink"],
        _ => &[],
    }
}

/// What was printed, line by line, without what differs between two runs.
pub(crate) fn told(text: &str) -> Vec<String> {
    // A sandbox that forbids kcmp(2) is no matter there, and one here.
    let text = text.replace("description: unknown", "description: not known");
    let text = transcript::sample(&text).replace("not known", "unknown");
    transcript::comparable(&text)
}

/// What is wrong with a run, if anything is.
pub(crate) fn judge(
    who: usize,
    call: &Call,
    fault: &str,
    plain: &str,
    run: &Run,
) -> Option<String> {
    let out = &run.outcome;
    let (status, err) = (out.shell_status(), out.stderr.trim_end());
    let wrong = |what: &str| Some(format!("{what}; {status}: {err:?}"));
    let partner = run.partner.as_ref().map_or("", |p| p.stderr.as_str());
    if err.contains("panicked") || partner.contains("panicked") {
        return wrong("a panic");
    }
    if !run.left.is_empty() {
        return wrong(&format!("left {:?}", run.left));
    }
    let (plain, now) = (told(plain), told(&out.stdout));
    let known: BTreeSet<_> = plain.iter().collect();
    let new = now.iter().filter(|l| !known.contains(l) && !counts(l));
    let new: Vec<_> = new.collect();

    let unchanged = fault == "EINTR" || DELAYS.contains(&fault);
    if unchanged {
        return if status != 0 || !err.is_empty() {
            wrong("this is no error")
        } else if now != plain {
            wrong(&format!("another story: {:?}", first_new(&plain, &now)))
        } else if run.partner.as_ref().is_some_and(|p| !p.status.success()) {
            wrong(&format!("its partner failed: {:?}", run.partner))
        } else {
            None
        };
    }
    if fault == KILL && who == 0 {
        // A child may meet the end of its pipe before it is ended itself.
        let may_see = |line: &str| line.contains("end of file");
        let killed = 128 + Signal::SIGKILL as i32;
        return if status != killed {
            wrong("not killed")
        } else if let Some(line) = new.iter().find(|l| !may_see(l)) {
            wrong(&format!("untrue: {line:?}"))
        } else {
            None
        };
    }
    // The story may go on, or say what it does not know.
    if status == 0 {
        let goes_on = GOES_ON.iter().any(|(name, part, errno, _)| {
            call.name == *name
                && call.shape.contains(part)
                && fault.contains(errno)
        });
        if !goes_on && !looks_on(call) {
            return wrong("the error is not told");
        }
        if !err.is_empty() {
            return wrong("well, and yet a sentence");
        }
        if fault == "EPIPE" && call.shape.starts_with("write(1<") {
            // Process numbers are given in the order in which they appear.
            let words = |line: &String| -> String {
                line.chars().filter(|c| !c.is_ascii_digit()).collect()
            };
            let mut rest = plain.iter().map(words);
            let told = now.iter().map(words).all(|l| rest.any(|old| old == l));
            return (!told).then(|| "untrue".to_string());
        }
        if fault == "EPIPE" {
            let untrue = new.iter().find(|line| !line.contains(fault));
            return untrue.map(|line| format!("untrue: {line:?}"));
        }
        // Told where it happened, in the line that would have said more.
        if new.len() == 1 && plain.len() == now.len() && new[0].contains(fault)
        {
            return None;
        }
        return only_unknown(&plain, &now)
            .map(|line| format!("untrue: {line:?}"));
    }
    if status != 1 {
        return wrong("neither 0 nor 1");
    }
    // A sentence, and one more of the parent whose child has failed.
    let lines: Vec<_> = err.lines().collect();
    if lines.is_empty() || lines.len() > 1 + usize::from(who > 0) {
        return wrong("not one sentence");
    }
    if fault != KILL {
        let tells = |line: &&str| {
            line.contains(fault) && names(call).iter().any(|n| line.contains(n))
        };
        if !lines.iter().any(tells) {
            return wrong("the call and its errno are not named");
        }
    }
    // A child that has failed holds nothing any more.
    let gone = |line: &str| who > 0 && line.contains("nobody");
    let untrue = new.iter().find(|l| !l.contains(fault) && !gone(l));
    untrue.and_then(|line| wrong(&format!("untrue: {line:?}")))
}

/// The sum of a game: one that ends early has another.
fn counts(line: &str) -> bool {
    [" answered: ", " sent: "].iter().any(|words| line.contains(words))
}

/// The first line that two stories do not share.
fn first_new<'a>(plain: &'a [String], now: &'a [String]) -> Option<&'a str> {
    let pairs = plain.iter().zip(now);
    let pair = pairs.into_iter().find(|(plain, now)| plain != now);
    pair.map(|(_, now)| now.as_str())
        .or(plain.get(now.len()).map(String::as_str))
}

/// A line that neither was told without the fault nor says "unknown". A
/// picture that lacks something says so below it; the rest of it may be drawn
/// in other columns.
fn only_unknown<'a>(plain: &[String], now: &'a [String]) -> Option<&'a str> {
    let new: Vec<_> = now.iter().filter(|l| !plain.contains(l)).collect();
    let drawn = |line: &str| {
        line.contains(['│', '┌', '└', '▶']) || line.contains("descriptors ")
    };
    // A pipe whose name is not told is called a pipe.
    let nameless = |line: &str| line.trim_end().ends_with(" pipe");
    let says = |line: &&&String| line.contains("unknown") || nameless(line);
    let says = new.iter().any(|line| says(&line));
    let same_length = plain.len() == now.len();
    if new.is_empty() && same_length {
        return None;
    }
    let first = new.first().map_or("lines are missing", |line| line.as_str());
    if !says {
        return Some(first);
    }
    // A remark for which there is no room beside its line stands below it.
    let cut = |line: &str| plain.iter().any(|old| old.starts_with(line));
    let untrue = new
        .iter()
        .find(|line| !drawn(line) && !line.contains("unknown") && !cut(line));
    untrue.map(|line| line.as_str())
}
