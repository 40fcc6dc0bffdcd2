//! The pages FACTS.md against the tests: every claim stands on its crate's
//! page once, and has a test that says so; every test that names a claim names
//! one that is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use harness::get;
use harness::transcript::workspace;

/// A crate, the letters of its claims, and how many there are.
const PAGES: [(&str, &str, usize); 5] = [
    ("anonymous-pipe", "AP", 65),
    ("fork-pipe", "FP", 36),
    ("named-pipe-uni", "NU", 71),
    ("named-pipe-bidi", "NB", 17),
    ("shared", "SH", 21),
];

/// The sections of a page, in order, each with the word that its rows begin
/// with.
const SECTIONS: [(&str, &str); 4] = [
    ("Myths", "**FALSE** "),
    ("Half true", "**HALF-TRUE** "),
    ("True", "**TRUE** "),
    ("Told, not shown", "**"),
];

/// A row of a page.
#[derive(Debug)]
struct Row {
    page: PathBuf,
    section: String,
    /// id, what people say, what is so, who says it, and the test.
    cells: Vec<String>,
}

fn page_of(name: &str) -> PathBuf {
    workspace().join(name).join("FACTS.md")
}

/// The pages, each with the claims that it is to have.
fn pages() -> impl Iterator<Item = (PathBuf, Vec<String>)> {
    PAGES.iter().map(|(name, letters, count)| {
        let ids = (1..=*count).map(|at| format!("{letters}-{at:02}"));
        (page_of(name), ids.collect())
    })
}

fn read(path: &Path) -> String {
    get(fs::read_to_string(path), path.display())
}

/// The rows of a page: lines of its tables but for head and rule.
fn rows(page: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for section in read(page).split("\n## ").skip(1) {
        let (name, text) = section.split_once('\n').unwrap_or((section, ""));
        let lines = text.lines().filter(|line| line.starts_with('|'));
        let lines = lines.filter(|line| !line.starts_with("| id "));
        for line in lines.filter(|line| !line.starts_with("|---")) {
            // A bar that belongs to a shell's pipeline is written \|.
            let line = line.replace("\\|", "\0");
            let cells = line.trim_matches('|').split('|');
            let cells = cells.map(|cell| cell.trim().replace('\0', "|"));
            let (page, section) = (page.to_path_buf(), name.to_string());
            rows.push(Row { page, section, cells: cells.collect() });
        }
    }
    rows
}

/// The claims in brackets in a text: `[FP-07]`.
fn claims(text: &str) -> BTreeSet<String> {
    let inside = text.split('[').skip(1);
    let inside = inside.filter_map(|rest| rest.split_once(']'));
    let is_claim = |id: &&str| {
        let of = |(_, letters, _): &(&str, &str, usize)| {
            id.strip_prefix(letters).is_some_and(|rest| {
                let digits = rest.strip_prefix('-').unwrap_or_default();
                !digits.is_empty()
                    && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        PAGES.iter().any(of)
    };
    inside.map(|(id, _)| id).filter(is_claim).map(str::to_string).collect()
}

/// The functions of a file, each with the claims in its doc comment.
fn documented(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let (mut found, mut comment) = (BTreeMap::new(), String::new());
    for line in source.lines().map(str::trim_start) {
        if let Some(words) = line.strip_prefix("///") {
            comment += words;
            comment += "\n";
        } else if let Some(name) = line.strip_prefix("fn ") {
            let name = name.split(['(', '<']).next().unwrap_or_default();
            found.insert(name.to_string(), claims(&comment));
            comment.clear();
        } else if !line.starts_with("#[") && !line.is_empty() {
            comment.clear();
        }
    }
    found
}

/// The Rust files of all folders `tests`.
fn tests() -> Vec<PathBuf> {
    fn walk(folder: &Path, within: bool, found: &mut Vec<PathBuf>) {
        let entries = get(fs::read_dir(folder), folder.display());
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let hidden = name.starts_with('.') || name == "target";
            if path.is_dir() && !hidden {
                walk(&path, within || name == "tests", found);
            } else if within && name.ends_with(".rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(workspace(), false, &mut found);
    found
}

#[test]
fn every_claim_stands_once_on_the_page_of_its_crate() {
    for (page, ids) in pages() {
        let on_page = rows(&page).into_iter().map(|row| row.cells[0].clone());
        let mut on_page: Vec<_> = on_page.collect();
        on_page.sort();
        assert_eq!(on_page, ids, "{}", page.display());
    }
}

/// In their order, and no other: whoever reads a page from the top meets what
/// is wrong first.
#[test]
fn every_page_has_its_four_sections_and_every_row_the_word_of_its_own() {
    for (page, _) in pages() {
        let text = read(&page);
        let titles = text.lines().filter_map(|line| line.strip_prefix("## "));
        let titles: Vec<_> = titles.collect();
        let expected = SECTIONS.map(|(title, _)| title);
        assert_eq!(titles, expected, "{}", page.display());
        for row in rows(&page) {
            // What is told only needs no fifth.
            assert!((4..=5).contains(&row.cells.len()), "{row:?}");
            let empty = row.cells[..4].iter().any(String::is_empty);
            assert!(!empty, "an empty cell: {row:?}");
            let so = &row.cells[2];
            let words = &SECTIONS[..3];
            assert!(words.iter().any(|(_, word)| so.starts_with(word)), "{so}");
            let own = SECTIONS.iter().find(|(title, _)| *title == row.section);
            let (_, own) = get(own.ok_or("no such section"), &row.section);
            assert!(so.starts_with(own), "in {}: {row:?}", row.section);
        }
    }
}

/// The name in backticks, and the link behind it; one test, or several.
#[test]
fn every_row_links_to_tests_that_name_its_claim() {
    for row in pages().flat_map(|(page, _)| rows(&page)) {
        let id = &row.cells[0];
        let cell = row.cells.get(4).map_or("", String::as_str);
        if row.section == SECTIONS[3].0 {
            assert!(!cell.contains("`]("), "{id} is shown: {cell}");
            continue;
        }
        let links = cell.split("[`").skip(1);
        let links = links.filter_map(|link| link.split_once("`]("));
        let links: Vec<_> = links.collect();
        assert!(!links.is_empty(), "{id}: no test in {cell:?}");
        for (name, link) in links {
            let link = link.split(')').next().unwrap_or_default();
            let path = row.page.parent().unwrap_or(Path::new(".")).join(link);
            let test = documented(&read(&path)).remove(name);
            let Some(named) = test else {
                panic!("{id}: no fn {name} in {}", path.display())
            };
            assert!(named.contains(id), "{id}: {name} names {named:?}");
        }
    }
}

/// A test may name a claim without being the one that the page links to.
#[test]
fn every_claim_that_a_test_names_is_on_a_page() {
    let known: BTreeSet<_> = pages().flat_map(|(_, ids)| ids).collect();
    let mut checked = 0;
    for path in tests() {
        for (test, named) in documented(&read(&path)) {
            for id in &named {
                let what = format!("{}: {test}", path.display());
                assert!(known.contains(id), "{what} names {id}");
                checked += 1;
            }
        }
    }
    assert!(checked >= 80, "{checked}");
}

/// The ten of the front page: each names a fact that is false or half true,
/// and the command runs its test.
#[test]
fn the_ten_things_of_the_readme_are_facts_with_a_test() {
    let readme = read(&workspace().join("README.md"));
    let ten = readme.split("## Ten things").nth(1).unwrap_or_default();
    let ten = ten.split("\n## ").next().unwrap_or_default();
    let rows: Vec<_> =
        ten.lines().filter(|row| row.contains("/FACTS.md")).collect();
    assert_eq!(rows.len(), 10);
    for row in rows {
        let command = row.split("`cargo test -p ").nth(1).unwrap_or_default();
        let command = command.split('`').next().unwrap_or_default();
        let (name, test) = command.split_once(' ').unwrap_or_default();
        let page = read(&page_of(name));
        let facts = page.split("\n## True").next().unwrap_or_default();
        let fact = facts.lines().find(|line| {
            let id = line.split('|').nth(1).unwrap_or_default().trim();
            !id.is_empty() && row.contains(&format!("[{id}]"))
        });
        let shown =
            fact.is_some_and(|fact| fact.contains(&format!("`{test}`")));
        assert!(shown, "{row}");
        assert!(row.contains(&format!("({name}/FACTS.md")), "{row}");
    }
}
