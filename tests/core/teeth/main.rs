//! Checks the list of mutants: each entry is complete, and the text that it replaces occurs once in its file.

#![expect(clippy::panic, reason = "a list that cannot be read fails the test")]

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn every_mutant_still_finds_what_it_changes() {
    let mutants = mutants();
    assert!(mutants.len() >= 30, "{} mutants", mutants.len());
    let mut names = BTreeSet::new();
    let mut faults = Vec::new();
    for mutant in &mutants {
        let (name, file, from, to) = (mutant.get("name"), mutant.get("file"), mutant.get("from"), mutant.get("to"));
        let found = text(&file).matches(&from).count();
        if found != 1 {
            faults.push(format!("{name}: `{from}` stands {found} times in {file}"));
        }
        if from == to || mutant.get("why").is_empty() {
            faults.push(format!("{name}: it changes nothing, or does not say why that matters"));
        }
        if !names.insert(name.clone()) {
            faults.push(format!("{name}: it stands twice in the list"));
        }
    }
    assert!(faults.is_empty(), "tests/core/teeth/mutants.txt:\n{}", faults.join("\n"));
}

#[test]
fn the_table_in_the_readme_is_of_these_mutants() {
    let listed: Vec<_> = mutants().iter().map(|mutant| mutant.get("name")).collect();
    let readme = text("tests/core/teeth/README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| "));
    let shown: Vec<_> =
        rows.skip(2).filter_map(|row| row.split(" | ").next()).map(|name| name.trim().to_owned()).collect();
    assert_eq!(shown, listed, "mutants in tests/core/teeth/README.md, and in tests/core/teeth/mutants.txt");
}

/// Lines of a keyword and a text.
struct Mutant(Vec<(String, String)>);

impl Mutant {
    fn get(&self, word: &str) -> String {
        let found = self.0.iter().find(|(found, _)| found == word);
        found.map_or_else(|| panic!("no `{word}` in {:?}", self.0), |(_, text)| text.replace("\\n", "\n"))
    }
}

fn mutants() -> Vec<Mutant> {
    let list = text("tests/core/teeth/mutants.txt");
    let blocks = list.split("\n\n").map(|block| {
        let lines = block.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split_once(' ').map_or((line, ""), |(word, text)| (word, text.trim())))
    });
    let mutants = blocks.map(|lines| Mutant(lines.map(|(word, text)| (word.to_owned(), text.to_owned())).collect()));
    mutants.filter(|mutant| !mutant.0.is_empty()).collect()
}

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("cannot read `{path}`: {error}"))
}
