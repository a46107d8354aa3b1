//! `tests/setup` installs every program that a test asks for.

use std::collections::BTreeSet;

use crate::sources::{text, texts};

#[test]
fn setup_installs_every_program_that_a_test_needs() {
    let setup = text("tests/setup");
    let installed: BTreeSet<_> = setup
        .lines()
        .filter(|line| line.starts_with('\t'))
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let (_package, proof) = (fields.next()?, fields.next()?);
            (fields.next()? != "system").then_some(proof)
        })
        .collect();
    let mut asked_for = 0;
    let mut faults = Vec::new();
    for (path, text) in texts().filter(|(path, _)| path.starts_with("tests/")) {
        for program in text.split("needs(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            asked_for += 1;
            if !installed.contains(program) && !EVERYWHERE.contains(&program) {
                faults.push(format!("{path}: `{program}` is not in the table of tests/setup"));
            }
        }
    }
    super::none(&faults);
    assert!(asked_for > 10, "only {asked_for} programs were found");
}

/// Part of every Debian and Ubuntu.
const EVERYWHERE: [&str; 2] = ["bash", "sh"];
