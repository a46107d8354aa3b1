//! Lists the tests of this run that were skipped, and why.
//!
//! Cargo runs test binaries in alphabetical order, and libtest hides the output of passing tests. So this binary has the
//! last name of all and no test harness.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{collections::BTreeSet, env, fs, path::Path};

#[path = "../common/skipped.rs"]
mod skipped;

#[expect(clippy::print_stdout, reason = "the list is for people")]
fn main() {
    // `cargo test -- --list` asks for test names; there are none.
    if env::args().any(|argument| argument == "--list") {
        return;
    }
    let list = skipped::list();
    let lines = fs::read_to_string(&list).unwrap_or_default();
    // Runs that failed or were stopped have left their lists.
    for old in list.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten() {
        let name = old.file_name();
        let run = name.to_string_lossy();
        let pid = run.split('-').next().unwrap_or_default();
        if old.path() == list || !Path::new("/proc").join(pid).exists() {
            let _ = fs::remove_file(old.path());
        }
    }
    let lines: BTreeSet<_> = lines.lines().collect();
    println!();
    if lines.is_empty() {
        println!("skipped: no test");
    }
    for line in lines {
        println!("skipped: {line}");
    }
}
