//! Why a process hangs: the call it sleeps in, on which pipe, and everybody
//! who could wake it and does not.
//!
//! On Linux the kernel tells, in /proc. What it does not let this user see is
//! said; elsewhere, and without /proc, little is said, and nothing wrong.

use std::fmt;

pub use super::stuck::{is_stuck, soon};

use nix::unistd::Pid;
#[cfg(target_os = "linux")]
use nix::unistd::geteuid;

#[cfg(target_os = "linux")]
use super::calls::{Kind, kind, words};
#[cfg(target_os = "linux")]
use super::proc::{self, Doing, End, View};

/// The children of a process that may be seen.
#[must_use]
#[cfg(target_os = "linux")]
pub fn children(of: Pid) -> Vec<Pid> {
    proc::children(of.as_raw()).into_iter().map(Pid::from_raw).collect()
}

/// The children of a process that may be seen: none without /proc.
#[must_use]
#[cfg(not(target_os = "linux"))]
pub fn children(_of: Pid) -> Vec<Pid> {
    Vec::new()
}

/// A report on one process, to be printed.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What is so, a line each.
    pub facts: Vec<String>,
    /// What follows: why it waits, and for whom. Empty where that cannot be
    /// told.
    pub verdict: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fact in &self.facts {
            writeln!(f, "{fact}")?;
        }
        write!(f, "{}", self.verdict)
    }
}

/// Explains what `process` waits for. `names` says what the reader knows some
/// processes as ("the child"); others go by the program they run.
#[must_use]
#[cfg(not(target_os = "linux"))]
pub fn explain(process: Pid, names: &[(Pid, &str)]) -> Report {
    let known = names.iter().find(|(pid, _)| *pid == process);
    let name = known.map_or("process", |(_, name)| name);
    let fact = format!("{name} {process} is still there");
    let verdict = format!("This system has no /proc. Try: lsof -p {process}");
    Report { facts: vec![fact], verdict }
}

/// Explains what `process` waits for. `names` says what the reader knows some
/// processes as ("the child"); others go by the program they run.
#[must_use]
#[cfg(target_os = "linux")]
pub fn explain(process: Pid, names: &[(Pid, &str)]) -> Report {
    let Some(doing) = proc::doing(process.as_raw()) else {
        let verdict = format!("There is no process {process}, or no /proc.");
        return Report { facts: Vec::new(), verdict };
    };
    let view = proc::look();
    explain_in(process, names, view, &doing)
}

/// The same, in a picture of all pipes that was taken already.
#[cfg(target_os = "linux")]
fn explain_in(
    process: Pid,
    names: &[(Pid, &str)],
    view: View,
    doing: &Doing,
) -> Report {
    let case = Case { process: process.as_raw(), names, view };
    let mut report = Report::default();
    report.facts.push(format!("{} {}", case.who(case.process), words(doing)));
    let asleep = matches!(doing.state, 'S' | 'D');
    let Some((call, fd)) = doing.call.filter(|_| asleep) else {
        report.verdict = match doing.state {
            'S' | 'D' => {
                let root = geteuid().is_root();
                let advice = if root { "" } else { ": ask as root" };
                format!("The call it is in may not be seen{advice}.")
            }
            'T' | 't' => "It waits for SIGCONT.".to_string(),
            _ => String::new(),
        };
        return report;
    };
    let fd = i32::try_from(fd).unwrap_or(-1);
    let ends = &case.view.ends;
    let end = ends.iter().find(|e| e.process == case.process && e.fd == fd);
    match (kind(call), end) {
        (Some(Kind::Read), Some(end)) => case.reader(end, &mut report),
        (Some(Kind::Write), Some(end)) => case.writer(end, &mut report),
        (Some(Kind::Open), _) => {
            report.verdict = "It waits in open. If that is a FIFO, nobody has \
                              opened the other side."
                .to_string();
        }
        // Its descriptors were looked at a moment after its call.
        (Some(Kind::Read | Kind::Write), None)
            if proc::doing(case.process).as_ref() != Some(doing) =>
        {
            report.verdict = "It has gone on, or ended, meanwhile.".to_string();
        }
        (Some(Kind::Read | Kind::Write), None) => {
            report.verdict = "That descriptor is no end of a pipe.".to_string();
        }
        _ => {
            report.verdict =
                "What it waits for cannot be told from this call.".to_string();
        }
    }
    report
}

/// One process to explain, and what can be seen around it.
#[cfg(target_os = "linux")]
struct Case<'a> {
    process: i32,
    names: &'a [(Pid, &'a str)],
    view: View,
}

#[cfg(target_os = "linux")]
impl Case<'_> {
    fn who(&self, process: i32) -> String {
        let known = self.names.iter().find(|(pid, _)| pid.as_raw() == process);
        let name = match known {
            Some((_, name)) => (*name).to_string(),
            None => proc::name(process).unwrap_or("process".to_string()),
        };
        format!("{name} {process}")
    }

    /// A line for each holder of the other side, the process itself last.
    fn list(&self, holders: &[&End], report: &mut Report) {
        for holder in holders {
            let own = holder.process == self.process;
            let mark = if own { "   <- itself" } else { "" };
            let who = self.who(holder.process);
            let line = format!("    {who}, descriptor {}{mark}", holder.fd);
            report.facts.push(line);
        }
    }

    fn reader(&self, end: &End, report: &mut Report) {
        let pipe = |e: &&End| e.pipe == end.pipe && e.access.writes();
        let writers: Vec<_> = self.view.ends.iter().filter(pipe).collect();
        let label = &end.label;
        report
            .facts
            .push(format!("  {label} is empty; its write end is held by"));
        self.list(&writers, report);
        report.verdict = self.verdict(&writers, "write", "end of file");
    }

    fn writer(&self, end: &End, report: &mut Report) {
        let pipe = |e: &&End| e.pipe == end.pipe && e.access.reads();
        let readers: Vec<_> = self.view.ends.iter().filter(pipe).collect();
        let label = &end.label;
        report
            .facts
            .push(format!("  {label} is full; its read end is held by"));
        self.list(&readers, report);
        report.verdict = self.verdict(&readers, "read", "EPIPE");
    }

    /// `sign` is what the process would see if all holders of the other
    /// `side` left.
    fn verdict(&self, holders: &[&End], side: &str, sign: &str) -> String {
        let own = holders.iter().find(|end| end.process == self.process);
        let mut others: Vec<_> =
            holders.iter().map(|end| end.process).collect();
        others.retain(|process| *process != self.process);
        others.dedup();
        // Where not all are shown, more may be hidden than are counted.
        let all = proc::shows_all();
        let hidden = if all { self.view.hidden } else { 0 };
        let mut verdict = match (own, &others[..]) {
            (Some(own), []) if hidden == 0 => format!(
                "It waits for itself: {sign} comes when the last {side} end \
                 is closed, and it holds that itself, as descriptor {}.",
                own.fd
            ),
            (Some(own), _) => format!(
                "Even if all others left, {sign} would not come: it holds a \
                 {side} end itself, as descriptor {}.",
                own.fd
            ),
            (None, [other]) => {
                let who = self.who(*other);
                format!("It waits for {who} to {side}, or to leave.")
            }
            (None, []) => {
                format!("Nobody that can be seen holds a {side} end.")
            }
            (None, _) => {
                format!("It waits for one of them to {side}, or all to leave.")
            }
        };
        if !all {
            verdict += " (As far as this /proc shows.)";
        }
        if hidden > 0 {
            verdict += "\nProcesses that may not be looked at: ";
            verdict += &hidden.to_string();
        }
        verdict
    }
}
