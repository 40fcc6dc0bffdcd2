//! Linux: a FIFO on file systems that a test mounts, in a world of its own
//! where everybody may: a user namespace and a mount namespace.

use harness::experiment::skipped;
use harness::{Home, Outcome, Program, quoted};

/// Runs a script in such a world, in a directory that was empty.
fn in_a_world_of_its_own(script: &str) -> Outcome {
    let home = Home::fresh();
    let enter = "cd \"$0\" && exec unshare -rm sh -ec \"$1\"";
    let sh = Program::new("sh").args(&["-c", enter]);
    sh.arg(home.path()).arg(script).run()
}

/// What a script prints that begins with `mounts`; none, and why, where these
/// are refused.
fn printed(mounts: &str, script: &str) -> Option<String> {
    let refused = in_a_world_of_its_own(mounts);
    if refused.shell_status() != 0 {
        let why = refused.stderr.trim_end().replace('\n', "; ");
        skipped(&format!("mounting is refused here: {why}"));
        return None;
    }
    let told = in_a_world_of_its_own(&format!("{mounts}\n{script}"));
    Some(told.well().stdout)
}

/// [NU-07] mkfifo and rm change a directory, which is on the file system.
/// Bytes go through a pipe, which is not.
#[test]
fn on_a_read_only_file_system_a_fifo_can_be_used_but_not_made() {
    let mounts = "mkdir m; mount -t tmpfs m m; cd m; mkfifo fifo; touch file
        mount -o remount,bind,ro .";
    let script = "exec 2>&1; export LC_ALL=C
        mkfifo new || rm fifo || (: > file) || echo refused
        exec 3<>fifo; echo bytes go through >&3; read -r all <&3; echo $all";
    let Some(printed) = printed(mounts, script) else { return };
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 5, "{printed}");
    let refused = |line: &&str| line.ends_with("Read-only file system");
    assert!(lines[..3].iter().all(refused), "{printed}");
    assert_eq!(lines[3..], ["refused", "bytes go through"]);
}

/// [NU-27] Two mounts of one directory, as two machines have it of a shared
/// disk (a model: overlays in one kernel): the same name leads to two pipes.
/// A bind mount is another name for the same pipe.
#[test]
fn a_fifo_on_a_shared_directory_is_a_pipe_for_each_who_mounts_it() {
    let mounts = "mkdir disk; mount -t tmpfs disk disk; cd disk
        mkdir shared up1 up2 work1 work2 one two alias; mkfifo shared/fifo
        both=lowerdir=shared
        mount -t overlay o -o $both,upperdir=up1,workdir=work1 one
        mount -t overlay o -o $both,upperdir=up2,workdir=work2 two
        mount --bind one alias";
    let script = "exec 3<>one/fifo 4<>two/fifo
        echo sent through two > two/fifo; echo sent through alias > alias/fifo
        read -r word <&3; echo $word, read from one
        read -r word <&4; echo $word, read from two";
    let Some(printed) = printed(mounts, script) else { return };
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines[0], "sent through alias, read from one");
    assert_eq!(lines[1..], ["sent through two, read from two"]);
}

/// Servers, at a path and at the place that is agreed on, and demos: none can
/// make its FIFO there, and each says why.
fn each_is_refused(mounts: &str, calls: &str, why: &str) {
    let uni = quoted(Program::binary("named-pipe-uni").path());
    let bidi = quoted(Program::binary("named-pipe-bidi").path());
    let script = format!(
        "export TMPDIR=$PWD; exec 2>&1
        for path in '' ./fifo; do
            {uni} server $path || echo status $?
            {bidi} server $path || echo status $?
            {bidi} server --two-fifos $path || echo status $?
        done
        {uni} || echo status $?; {bidi} || echo status $?; ls -A"
    );
    let Some(printed) = printed(mounts, &script) else { return };
    let told: Vec<_> = printed
        .lines()
        .filter(|line| line.starts_with("named-pipe-"))
        .collect();
    let is_told = |line: &&str| {
        let call = line.split(' ').nth(1).unwrap_or_default();
        calls.split(' ').any(|one| one == call) && line.contains(why)
    };
    assert!(told.len() == 8 && told.iter().all(is_told), "{printed}");
    assert_eq!(printed.matches("status 1\n").count(), 8, "{printed}");
    assert!(printed.ends_with("\nfile\n"), "nothing is left: {printed}");
}

#[test]
fn on_a_read_only_file_system_the_programs_say_so() {
    let mounts = "mkdir m; mount -t tmpfs m m; cd m; : > file
        mount -o remount,bind,ro .; cd .";
    each_is_refused(mounts, "mkfifo mkdir mkdtemp", "EROFS");
}

/// A FIFO takes no room for its bytes, and an inode for its name.
#[test]
fn on_a_full_file_system_the_programs_say_so() {
    let mounts = "mkdir m; mount -t tmpfs -o nr_inodes=2 m m; cd m; : > file";
    each_is_refused(mounts, "mkfifo mkdir mkdtemp", "ENOSPC");
}
