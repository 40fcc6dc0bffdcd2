//! The picture that is drawn on every blackboard: descriptors of processes,
//! the open file descriptions they refer to, and the pipe behind those. Here
//! it is drawn from what the kernel says at that moment.

use std::os::fd::{AsFd, AsRawFd};
use std::{env, fs};

use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{Pid, getpid};

use crate::observe::{self, Access, Seen};

/// An open file description, and the descriptors that refer to it.
struct Description {
    access: Access,
    /// The position, in a file: lseek(2).
    offset: Option<i64>,
    /// A process and a descriptor in it.
    holders: Vec<(Pid, i32)>,
}

impl Description {
    /// A file has a position in every description; a pipe has ends.
    fn what(&self) -> String {
        if let Some(offset) = self.offset {
            return format!("offset {offset}");
        }
        match self.access {
            Access::Read => "read end".to_string(),
            Access::Write => "write end".to_string(),
            Access::ReadAndWrite => "both ends".to_string(),
        }
    }
}

/// Draws the pipe, or the file, behind `end`, and who among `processes` holds
/// it. Each comes with its name in the story; a process alone needs none.
#[must_use]
pub fn draw(
    end: impl AsFd,
    processes: &[(Pid, &str)],
    width: usize,
) -> Vec<String> {
    let Found { descriptions, unsure, hidden } = look(&end, processes);
    let label = label(&end);
    let text = content(&end);

    let names: Vec<String> = descriptions
        .iter()
        .map(|description| holders(description, processes))
        .collect();
    let longest = |texts: &[String]| {
        texts.iter().map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let left = longest(&names).max("descriptors".len());
    let inner = text.len().max(label.chars().count());
    // What the columns leave goes to the arrows, half to each.
    let fixed = left + 1 + 1 + 9 + 1 + 1 + inner + 4;
    let arrow = (width.saturating_sub(fixed) / 2).clamp(2, 14);
    let (line, open) = ("─".repeat(arrow - 1), " ".repeat(arrow));

    let middle = 9 + 1 + arrow;
    let header = match middle {
        22.. => "open file descriptions",
        _ => "descriptions",
    };
    let mut lines = vec![format!(
        "{:<left$} {open} {header:<middle$} {label}",
        "descriptors"
    )];
    let edge = "─".repeat(inner + 2);
    let alone = descriptions.len() == 1;
    if alone {
        let gap = left + 1 + arrow + 1 + 9 + 1 + arrow + 1;
        lines.push(format!("{}┌{edge}┐", " ".repeat(gap)));
    }
    for (row, description) in descriptions.iter().enumerate() {
        let what = description.what();
        let flow = match description.access {
            Access::Read => format!("◀{line}"),
            Access::Write => format!("{line}▶"),
            Access::ReadAndWrite => format!("◀{}▶", "─".repeat(arrow - 2)),
        };
        let side = match row {
            0 if !alone => format!("┌{edge}┐"),
            0 | 1 => format!("│ {text:<inner$} │"),
            _ => format!("│ {:<inner$} │", ""),
        };
        let names = &names[row];
        let longer = "─".repeat(left - names.chars().count());
        lines.push(format!("{names} {longer}{line}▶ {what:<9} {flow} {side}"));
    }
    let gap = left + 1 + arrow + 1 + 9 + 1 + arrow + 1;
    lines.push(format!("{}└{edge}┘", " ".repeat(gap)));
    if unsure {
        lines.push("which descriptors share a description: unknown".into());
    }
    lines.extend(unknown(&hidden));
    if draws_boxes() {
        lines
    } else {
        lines.iter().map(|line| ascii(line)).collect()
    }
}

/// Who holds each side, in one line: what changed, after a full picture.
#[must_use]
pub fn sides(end: impl AsFd, processes: &[(Pid, &str)]) -> String {
    let Found { descriptions, hidden, .. } = look(&end, processes);
    let unknown = unknown(&hidden);
    let none = if unknown.is_some() { "unknown" } else { "nobody" };
    let side = |is_on: fn(Access) -> bool| {
        let on = descriptions.iter().filter(|d| is_on(d.access));
        let names: Vec<_> = on.map(|d| holders(d, processes)).collect();
        if names.is_empty() { none.into() } else { names.join(", ") }
    };
    let (read, write) = (side(Access::reads), side(Access::writes));
    let sides = format!("read end: {read}; write end: {write}");
    unknown.map_or(sides.clone(), |unknown| format!("{sides}; {unknown}"))
}

/// Whose descriptors may not be looked at, in words.
fn unknown(hidden: &[&str]) -> Option<String> {
    let name = |name: &&str| match *name {
        "" => "this process".to_string(),
        name => name.to_string(),
    };
    let names = hidden.iter().map(name).collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("what {names} holds: unknown"))
}

/// Whether all of these processes hold an end already. A process whose open
/// is just returning does so a moment later than the one that it waited for.
/// Where the system does not tell of others, there is nothing to wait for.
#[must_use]
pub fn has_all(end: impl AsFd, processes: &[(Pid, &str)]) -> bool {
    let holds = |(process, _): &(Pid, &str)| match ends_in(*process, &end) {
        Some(ends) => !ends.is_empty(),
        None => !tells_of(*process),
    };
    processes.iter().all(holds)
}

/// "parent 3, child 3", or "3, 5" for a process alone.
fn holders(description: &Description, processes: &[(Pid, &str)]) -> String {
    let holder = |(process, fd): &(Pid, i32)| {
        let known = processes.iter().find(|(pid, _)| pid == process);
        let name = known.map_or("", |(_, name)| name);
        format!("{name} {fd}").trim_start().to_string()
    };
    let names: Vec<_> = description.holders.iter().map(holder).collect();
    names.join(", ")
}

/// What one look showed.
struct Found<'a> {
    descriptions: Vec<Description>,
    /// Whether it is unknown which descriptors share a description: then each
    /// gets one of its own.
    unsure: bool,
    /// Whose descriptors may not be looked at.
    hidden: Vec<&'a str>,
}

fn look<'a>(end: &impl AsFd, processes: &[(Pid, &'a str)]) -> Found<'a> {
    let mut found: Vec<Description> = Vec::new();
    let (mut unsure, mut hidden) = (false, Vec::new());
    for (process, name) in processes {
        let ends = ends_in(*process, end);
        if ends.is_none() {
            hidden.push(*name);
        }
        for (fd, access) in ends.unwrap_or_default() {
            let this = (*process, fd);
            let same = |with: &Description| {
                let seen = same_file(with.holders[0], this);
                seen.0
            };
            let mut place = None;
            for (at, description) in found.iter().enumerate() {
                match same(description) {
                    Some(true) => place = Some(at),
                    Some(false) => {}
                    None => unsure |= description.access == access,
                }
            }
            if let Some(at) = place {
                found[at].holders.push(this);
                continue;
            }
            let mine = *process == getpid();
            let offset = if mine { observe::offset(fd) } else { None };
            found.push(Description { access, offset, holders: vec![this] });
        }
    }
    // A pipe's read end first; a file's descriptions as they were opened.
    found.sort_by_key(|one| one.offset.is_none() && one.access.writes());
    Found { descriptions: found, unsure, hidden }
}

/// The ends that a process holds; none if that may not be looked at.
#[cfg(target_os = "linux")]
fn ends_in(process: Pid, end: &impl AsFd) -> Option<Vec<(i32, Access)>> {
    if process == getpid() {
        return observe::own_ends(end);
    }
    let pipe = observe::proc::pipe_of(end)?;
    let ends = observe::proc::ends_of(process.as_raw())?;
    let ends = ends.iter().filter(|end| end.pipe == pipe);
    Some(ends.map(|end| (end.fd, end.access)).collect())
}

#[cfg(target_os = "linux")]
fn tells_of(process: Pid) -> bool {
    observe::proc::is_there(process.as_raw())
}

#[cfg(not(target_os = "linux"))]
fn tells_of(_process: Pid) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn same_file(a: (Pid, i32), b: (Pid, i32)) -> Seen<bool> {
    observe::proc::same_file((a.0.as_raw(), a.1), (b.0.as_raw(), b.1))
}

/// The ends that a process holds; none for another one, which this system
/// does not tell of.
#[cfg(not(target_os = "linux"))]
fn ends_in(process: Pid, end: &impl AsFd) -> Option<Vec<(i32, Access)>> {
    if process == getpid() { observe::own_ends(end) } else { None }
}

#[cfg(not(target_os = "linux"))]
fn same_file(_a: (Pid, i32), _b: (Pid, i32)) -> Seen<bool> {
    Seen(None)
}

/// A bar as long as `share`, from 0 to 1, of `width` characters. Blocks come in
/// eighths; where the locale has none, the bar is rounded. It is never nothing.
#[must_use]
pub fn bar(share: f64, width: usize) -> String {
    let width = f64::from(u16::try_from(width).unwrap_or(u16::MAX));
    let eighths = (share.clamp(0.0, 1.0) * width * 8.0).round().max(1.0);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 1 to 8 * 65535"
    )]
    let eighths = eighths as usize;
    if draws_boxes() {
        let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
        "█".repeat(eighths / 8) + part
    } else {
        "#".repeat(((eighths + 4) / 8).max(1))
    }
}

/// What the box holds: how full the pipe is, or how long the file.
fn content(end: &impl AsFd) -> String {
    match fstat(end) {
        Ok(file)
            if SFlag::from_bits_truncate(file.st_mode) == SFlag::S_IFREG =>
        {
            format!("size {} bytes", file.st_size)
        }
        _ => {
            let filled = observe::bytes_waiting(end);
            format!("{filled} of {} bytes", observe::capacity(end))
        }
    }
}

/// What Linux calls the pipe: `pipe:[inode]`, or the name of the FIFO.
fn label(end: &impl AsFd) -> String {
    let link = format!("/proc/self/fd/{}", end.as_fd().as_raw_fd());
    let Ok(path) = fs::read_link(link) else { return "pipe".into() };
    match path.file_name() {
        Some(name) if path.is_absolute() => {
            let file = observe::offset(end.as_fd().as_raw_fd()).is_some();
            let kind = if file { "file" } else { "FIFO" };
            format!("{kind} {}", name.to_string_lossy().escape_debug())
        }
        _ => path.to_string_lossy().into_owned(),
    }
}

/// Whether the locale can show more than ASCII; one that is not set can.
fn draws_boxes() -> bool {
    let set = |name: &&str| env::var(name).is_ok_and(|value| !value.is_empty());
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let Some(name) = names.iter().find(|name| set(name)) else { return true };
    let locale = env::var(name).unwrap_or_default().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

fn ascii(line: &str) -> String {
    let plain = |c| match c {
        '─' => '-',
        '│' => '|',
        '▶' => '>',
        '◀' => '<',
        '┌' | '┐' | '└' | '┘' => '+',
        c => c,
    };
    line.chars().map(plain).collect()
}
