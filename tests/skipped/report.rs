//! What was skipped, as the lines that people read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// The tests that lack one thing, by reason.
type Reasons<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Turns the records of `common/skipped.rs` into a summary and a list by reason.
pub(crate) fn report(records: &str) -> String {
    let mut lacks: BTreeMap<&str, Reasons<'_>> = BTreeMap::new();
    let mut all = BTreeSet::new();
    for record in records.lines() {
        let mut fields = record.splitn(3, '\t');
        let (Some(lack), Some(why), Some(test)) = (fields.next(), fields.next(), fields.next()) else { continue };
        lacks.entry(lack).or_default().entry(why).or_default().insert(test);
        all.insert(test);
    }
    if all.is_empty() {
        return "skipped: no test\n".to_owned();
    }
    let mut lines = String::new();
    let mut parts = Vec::new();
    for (lack, phrase) in LACKS {
        let Some(reasons) = lacks.get(lack) else { continue };
        for (why, tests) in reasons {
            let _ = writeln!(lines, "skipped: {why}: {}", counted(tests.len()));
            for test in tests {
                let _ = writeln!(lines, "skipped:     {test}");
            }
        }
        let tests: BTreeSet<_> = reasons.values().flatten().collect();
        parts.push(phrase.replace('#', &tests.len().to_string()));
    }
    format!("{lines}skipped: {} in all: {}\n", counted(all.len()), parts.join("; "))
}

fn counted(tests: usize) -> String {
    if tests == 1 { "1 test".to_owned() } else { format!("{tests} tests") }
}

/// What a test may lack, and what that means for so many tests. A test that lacks two things counts in both.
const LACKS: [(&str, &str); 3] = [
    ("program", "`tests/setup` installs what # of them need"),
    ("root", "# of them need root"),
    ("machine", "# of them cannot run on this machine"),
];
