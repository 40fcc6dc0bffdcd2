//! The READMEs against the programs: what they show is what runs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
#[cfg(target_os = "linux")]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use harness::transcript::workspace;
use harness::{Program, Terminal, get};
use nix::sys::signal::Signal;

const DEMOS: [&str; 4] =
    ["anonymous-pipe", "fork-pipe", "named-pipe-uni", "named-pipe-bidi"];

/// `cargo run -p NAME [--example NAME] -- WORDS` as a shell function that
/// runs what is built already, so that README lines run as they are written.
/// What asks for --release measures for seconds: here one round will do.
/// `cargo test` inside a test would be a snake that eats its tail.
const CARGO: &str = r#"
cargo() {
    verb=$1; shift; name=; quick=
    [ "$verb" = test ] && return
    while [ $# -gt 0 ]; do
        case $1 in
            -q) ;;
            --release) quick=--quick ;;
            client | server) break ;;
            -p) name=$2; shift ;;
            --bin) name=$2; shift ;;
            --example) name=examples/$2; shift ;;
            --) shift; break ;;
            *) echo "cargo: what is $1?" >&2; return 2 ;;
        esac
        shift
    done
    "$BUILT/$name" $quick "$@"
}
umask 022
printf 'a file\n' > FILE
PID=$$
"#;

/// All files below the top that end in `ending`, but for what cargo built.
fn files(ending: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        let entries = get(fs::read_dir(folder), folder.display());
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let hidden = name.starts_with('.') || name == "target";
            if path.is_dir() && !hidden {
                walk(&path, ending, found);
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(workspace(), ending, &mut found);
    assert!(!found.is_empty(), "no {ending} at all");
    found
}

fn read(path: &Path) -> String {
    get(fs::read_to_string(path), path.display())
}

/// Runs shell lines in a fresh directory, with `cargo` as above.
fn shell(lines: &str) -> harness::Outcome {
    shell_in(Program::new("bash"), lines)
}

/// The same for a bash that shares its home with another program.
fn shell_in(program: Program, lines: &str) -> harness::Outcome {
    let built = program.built();
    let home = program.temporary().to_path_buf();
    // The directory has to be empty at the end; what the lines make in it is
    // theirs to keep until then.
    let script = format!(
        "cd '{}' && mkdir work && cd work || exit\n{CARGO}\n{lines}\n\
         status=$?; cd ..; rm -r work; exit $status",
        home.display()
    );
    program.env("BUILT", &built).args(&["-c", &script]).run()
}

/// Eight at a time: there are many, and most of them wait.
fn each<T: Send>(all: Vec<T>, check: impl Fn(T) + Sync) {
    let all = Mutex::new(all.into_iter());
    let next = || get(all.lock(), "the next one").next();
    let one_by_one = || std::iter::from_fn(next).for_each(&check);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(one_by_one);
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn every_console_block_prints_what_it_shows() {
    let mut blocks = Vec::new();
    for path in files("README.md") {
        for block in read(&path).split("```console\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            blocks.push((path.clone(), block.to_string()));
        }
    }
    let checked = AtomicUsize::new(0);
    each(blocks, |(path, block)| {
        if prints_what_it_shows(&path, &block) {
            checked.fetch_add(1, Ordering::Relaxed);
        }
    });
    let checked = checked.into_inner();
    assert!(checked >= 8, "only {checked} blocks found");
}

/// False if this machine's pipes have other pages: what fits, write by write,
/// is another then, and with the small pipes of a user who has many.
#[cfg(target_os = "linux")]
fn prints_what_it_shows(path: &Path, block: &str) -> bool {
    let (commands, shown): (Vec<_>, Vec<_>) =
        block.lines().partition(|line| line.starts_with("$ "));
    let commands: Vec<_> = commands.iter().map(|line| &line[2..]).collect();
    let ran = shell(&commands.join("\n"));
    let what = format!("{}: {commands:?}", path.display());
    assert_eq!(ran.shell_status(), 0, "{what}: {}", ran.stderr);
    let pages = ran.stdout.find(" slots of ");
    if pages.is_some() && !ran.stdout.contains("16 slots of 4096 ") {
        println!("skipped: {what}: pipes have another size here");
        return false;
    }
    let printed = harness::transcript::sample(&ran.stdout);
    let printed: Vec<_> = printed.lines().collect();
    assert_eq!(words(&printed), words(&shown), "{what}");
    true
}

/// Columns move with the length of numbers: compare the words.
#[cfg(target_os = "linux")]
fn words(lines: &[&str]) -> Vec<Vec<String>> {
    let words =
        |line: &&str| line.split_whitespace().map(str::to_string).collect();
    lines.iter().map(words).collect()
}

/// The commands that stand in backticks, in tables and in prose, and those
/// that the demos themselves tell to try.
#[test]
fn every_cargo_command_that_is_mentioned_runs() {
    let mut commands = BTreeSet::new();
    for path in files("README.md") {
        let text = read(&path).replace("\\|", "|");
        let code = text.split('`').filter(|code| !code.contains('\n'));
        let code = code.filter(|code| code.contains("cargo run "));
        commands.extend(code.map(str::to_string));
    }
    for demo in DEMOS {
        let told = Program::binary(demo).run().well().stdout;
        let lines = told
            .lines()
            .filter_map(|line| line.find("cargo run ").map(|at| &line[at..]));
        commands.extend(lines.map(str::to_string));
    }
    for path in files(".rs") {
        let text = read(&path);
        let header: String = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .map(|line| line.trim_start_matches("//!"))
            .collect();
        let code =
            header.split('`').filter(|code| code.starts_with("cargo run "));
        commands.extend(code.map(str::to_string));
    }
    commands.remove("cargo run -p NAME");
    // Steps of .ci/run: they build what they look at, and take minutes.
    for step in ["faults", "deaths", "endurance"] {
        commands
            .remove(&*format!("cargo run --release -p proofs --bin {step}"));
    }
    assert!(commands.len() >= 12, "{commands:?}");
    each(commands.into_iter().collect(), |command| runs(&command));
}

fn runs(command: &str) {
    if command.contains(" client") {
        // It needs a server, and tells it to end.
        let server = Program::binary("named-pipe-uni").arg("server").starts();
        let bash = Program::new("bash").in_home_of(&server);
        let _ = shell_in(bash, &format!("{command} --wait")).well();
        let _ = server.ends().well();
    } else if command.contains(" server") {
        let program = command.split(' ').nth(3).unwrap_or_default();
        let mut server = Program::binary(program).arg("server").starts();
        server.shows("I wait", 1);
        server.send(Signal::SIGTERM);
        assert_eq!(server.ends().shell_status(), 143, "{command}");
    } else if command.ends_with("--quiz") {
        let program = command.split(' ').nth(3).unwrap_or_default();
        let program = Program::binary(program).path();
        let mut terminal = Terminal::start(&program, &["--quiz"], 80);
        terminal.shows(" ? ", 1);
        terminal.types("q\n");
        assert_eq!(terminal.ends().1, 0, "{command}");
    } else if command.ends_with("--step") {
        let program = command.split(' ').nth(3).unwrap_or_default();
        let program = Program::binary(program).path();
        let mut terminal = Terminal::start(&program, &["--step"], 80);
        terminal.shows("[Enter]", 1);
        terminal.types("q\n");
        assert_eq!(terminal.ends().1, 0, "{command}");
    } else {
        let ran = shell(&command.replace(" PID", " $PID"));
        assert_eq!(ran.shell_status(), 0, "{command}: {}", ran.stderr);
    }
}

/// Rule labels: `// [eof]` in the source, `[eof]` in what is printed, `[eof]`
/// in the README, all the same.
#[test]
fn the_labels_of_source_and_run_and_readme_are_the_same() {
    let labels = |text: &str, before: &str, after: &str| -> BTreeSet<String> {
        let opened = format!("{before}[");
        let pieces = text.split(&opened);
        let labels = pieces.skip(1).filter_map(|piece| piece.split_once(']'));
        let labels = labels.filter(|(label, rest)| {
            !label.is_empty()
                && label.chars().all(|c| c.is_ascii_lowercase())
                && rest.starts_with(after)
        });
        labels.map(|(label, _)| label.to_string()).collect()
    };
    let mut shown = BTreeSet::new();
    for demo in DEMOS {
        let mut marked = BTreeSet::new();
        for path in files(".rs") {
            if path.starts_with(workspace().join(demo).join("src")) {
                marked.extend(labels(&read(&path), "// ", "\n"));
            }
        }
        let printed = Program::binary(demo).run().well().stdout;
        let printed = labels(&printed, "", "");
        assert_eq!(marked, printed, "{demo}: source and run");
        assert!(!marked.is_empty(), "{demo} shows no rule");
        shown.extend(marked);
    }
    let readme = read(&workspace().join("README.md"));
    assert_eq!(labels(&readme, "| `", "`"), shown, "the glossary");
}

/// `SNAPSHOTS=overwrite` draws it anew.
#[cfg(target_os = "linux")]
#[test]
fn the_picture_in_the_readme_is_a_real_run() {
    let run = Program::binary("fork-pipe").env("CLICOLOR_FORCE", "1").run();
    let text = harness::transcript::sample(&run.well().stdout);
    let drawn = anstyle_svg::Term::new().render_svg(&text);
    let path = workspace().join("fork-pipe/run.svg");
    if std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
        get(fs::write(&path, &drawn), path.display());
    }
    assert!(read(&path) == drawn, "SNAPSHOTS=overwrite draws it anew");
    let readme = read(&workspace().join("README.md"));
    assert!(readme.contains("(fork-pipe/run.svg)"));
}

#[test]
fn every_link_in_a_readme_leads_somewhere() {
    for path in files("README.md") {
        let folder = path.parent().unwrap_or(Path::new("."));
        for link in read(&path).split("](").skip(1) {
            let link = link.split([')', '#']).next().unwrap_or_default();
            assert!(folder.join(link).exists(), "{}: {link}", path.display());
        }
    }
}

/// A projector shows 80 columns.
#[test]
fn no_source_line_is_wider_than_80_columns() {
    for path in files(".rs") {
        for (at, line) in read(&path).lines().enumerate() {
            let width = line.chars().count();
            assert!(width <= 80, "{}:{}", path.display(), at + 1);
        }
    }
}

/// Every member says what it is, teaches it in a README, takes part in the
/// workspace's lints, and is never published.
#[test]
fn every_member_has_a_lesson_a_description_and_the_lints() {
    let manifests = files("Cargo.toml");
    assert_eq!(manifests.len(), 9, "{manifests:?}");
    for path in manifests {
        let folder = path.parent().unwrap_or(Path::new("."));
        assert!(folder.join("README.md").exists(), "{}", path.display());
        // The fuzzer's target is a workspace of its own.
        if folder != workspace() && !folder.ends_with("fuzz") {
            let text = read(&path);
            let lints = "[lints]\nworkspace = true";
            for line in ["description = ", "publish.workspace = true", lints] {
                assert!(text.contains(line), "{}: {line}", path.display());
            }
        }
    }
}

/// Cargo finds most by itself. What it is told one by one can be forgotten.
#[test]
fn every_example_is_built_by_some_member() {
    for path in files(".rs") {
        let folder = path.parent().unwrap_or(Path::new("."));
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if folder.ends_with("examples") {
            let built = Program::example(&name).path();
            assert!(Path::new(&built).exists(), "{}", path.display());
        }
    }
}

/// Cargo makes a program of what stands in `tests` itself. A file in a folder
/// there that is no module of anything would never run.
#[test]
fn every_file_of_tests_takes_part() {
    let mut checked = 0;
    for path in files(".rs") {
        let folder = path.parent().unwrap_or(Path::new("."));
        let main = folder.join("main.rs");
        let within = |part: &Path| part.ends_with("tests");
        if !folder.ancestors().skip(1).any(within) || path == main {
            continue;
        }
        let above =
            if main.exists() { main } else { folder.with_extension("rs") };
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let module = format!("\nmod {name};\n");
        assert!(read(&above).contains(&module), "{}", path.display());
        checked += 1;
    }
    assert!(checked >= 34, "{checked} files");
}

/// Rust 2024's `unwrap` and `expect` end a program without naming the call.
#[test]
fn no_program_that_people_copy_unwraps() {
    for path in files(".rs") {
        let text = read(&path);
        let is = |part: &str| path.components().any(|p| p.as_os_str() == part);
        let taught = !is("tests") && !is("fuzz");
        for word in ["unwrap(", "expect("].map(|word| format!(".{word}")) {
            assert!(!taught || !text.contains(&word), "{}", path.display());
        }
    }
}

/// A classic bug is an example that runs `bug::run`. Each stands beside its
/// fix, says where it comes from, and is found by its symptom in the README.
#[test]
fn every_bug_has_a_marked_fix_and_a_row_in_the_index_of_symptoms() {
    let readme = read(&workspace().join("README.md"));
    let index = readme.split("## By symptom").nth(1).unwrap_or_default();
    let index = index.split("\n## ").next().unwrap_or_default();
    let mut bugs = 0;
    for path in files(".rs") {
        let text = read(&path);
        let folder = path.parent().and_then(Path::file_name);
        let example = folder.is_some_and(|name| name == "examples");
        if !example || !text.contains("bug::run(") {
            continue;
        }
        bugs += 1;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let what = path.display();
        assert!(text.contains("// <-- the fix"), "{what}: no marked fix");
        let header = text.split("\n\n").next().unwrap_or_default();
        let header = header.replace("\n//! ", " ");
        for word in ["What you will see", "Run it: `cargo run", "an page", "["]
        {
            assert!(header.contains(word), "{what}: no {word:?} in its header");
        }
        let command = format!("--example {name}`");
        assert!(index.contains(&command), "{what}: not in the index");
        let length = text.lines().count();
        assert!((40..=145).contains(&length), "{what}: {length} lines");
    }
    assert!(bugs >= 17, "{bugs} bugs");
}
