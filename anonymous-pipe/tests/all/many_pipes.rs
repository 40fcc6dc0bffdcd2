//! What a message costs among many pipes: that each point of the curves is
//! there, and that the quota is this machine's. How steep they are depends on
//! the machine.

use harness::{Program, Signal, Terminal, demo, measured, table};

const COUNTS: [&str; 7] = ["1", "2", "4", "8", "16", "32", "64"];

fn quick() -> Program {
    Program::example("many_pipes").arg("--quick")
}

/// The points of a table: how it waited, and for how many pipes.
fn points(shown: &str) -> Vec<String> {
    let way = |row: &String| row.starts_with("poll |") || row.starts_with("ep");
    let rows = table::rows(shown).into_iter().filter(way);
    let point = |row: String| -> String {
        row.split(" | ").take(2).collect::<Vec<_>>().join(" ")
    };
    rows.map(point).collect()
}

#[test]
fn each_number_of_pipes_is_waited_for_with_poll_and_with_epoll() {
    let shown = quick().run().well().stdout;
    let ways: &[_] =
        if cfg!(target_os = "linux") { &["poll", "epoll"] } else { &["poll"] };
    let all = |way| COUNTS.map(|count| format!("{way} {count}"));
    let all: Vec<_> = ways.iter().flat_map(all).collect();
    assert_eq!(points(&shown), all, "{shown}");
    if cfg!(target_os = "linux") {
        let readme = "anonymous-pipe/README.md";
        let readme = measured::shown_in(readme, "--example many_pipes");
        assert_eq!(points(&readme), all);
        let [readme, shown] =
            [readme, shown].map(|run| measured::without_figures(&run));
        assert_eq!(readme, shown);
    }
}

/// They are this kernel's: for pages of another size, the README's differ.
#[cfg(target_os = "linux")]
#[test]
fn the_quota_is_reckoned_from_the_kernels_own_numbers() {
    let shown = quick().run().well().stdout;
    let page = harness::pipes::page();
    let large = 64 * ((1 << 20) / page);
    let says = format!("64 pipes of 1048576 bytes: {large} pages.");
    assert!(shown.contains(&says), "{shown}");
    let soft = std::fs::read_to_string("/proc/sys/fs/pipe-user-pages-soft");
    let soft = harness::get(soft, "pipe-user-pages-soft");
    let says = format!("(pipe-user-pages-soft): {}.", soft.trim());
    assert!(shown.contains(&says), "{shown}");
}

#[test]
fn many_pipes_have_manners() {
    let path = Program::example("many_pipes").path();
    demo::answers_its_command_line(&path, "many_pipes");
    demo::needs_a_terminal_for_step(&path);
    demo::ends_quietly_without_a_reader(&path);
    let stopped = Program::new(&path).run_until(3, Signal::SIGTERM);
    assert_eq!(stopped.shell_status(), 143, "{stopped:?}");
    let terminal = Terminal::start(&path, &["--quick"], 60);
    let (shown, status) = terminal.ends();
    assert_eq!(status, 0, "{shown}");
    for line in demo::without_colour(&shown).split(['\r', '\n']) {
        assert!(line.chars().count() <= 60, "{line:?}");
    }
}

/// Nobody knows what a sandbox refuses.
#[cfg(target_os = "linux")]
#[test]
fn many_pipes_are_measured_on_any_cpu_where_none_can_be_chosen() {
    let refused = quick().refusing(
        nix::libc::SYS_sched_setaffinity,
        &[],
        nix::errno::Errno::EPERM,
    );
    let shown = refused.run().well().stdout;
    assert!(shown.contains("chooses the CPU"), "{shown}");
    assert_eq!(points(&shown).len(), 14, "{shown}");
}
