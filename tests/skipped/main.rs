//! Lists the tests of this run that were skipped, and why.
//!
//! Cargo runs test binaries in alphabetical order, and libtest hides the output of passing tests. So this binary has the
//! last name of all and no test harness. With `cargo test --no-fail-fast` it also runs after a test has failed.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod report;
#[path = "../common/skipped.rs"]
mod skipped;

use std::{env, fs, path::Path};

#[expect(clippy::print_stdout, reason = "the list is for people")]
fn main() {
    // `cargo test -- --list` asks for test names; there are none.
    if env::args().any(|argument| argument == "--list") {
        return;
    }
    let list = skipped::list();
    let records = fs::read_to_string(&list).unwrap_or_default();
    // Runs that failed or were stopped have left their lists.
    for old in list.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten() {
        let name = old.file_name();
        let run = name.to_string_lossy();
        let pid = run.split('-').next().unwrap_or_default();
        if old.path() == list || !Path::new("/proc").join(pid).exists() {
            let _ = fs::remove_file(old.path());
        }
    }
    print!("\n{}", report::report(&records));
}
