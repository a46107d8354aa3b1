//! Build script: describes the build for `tokenwell --version`: commit, target and cargo features.
//!
//! It runs again only if the sources change, so a commit that changes only tests or documents costs no build. The commit is
//! left out where it is unknown: without git, and where the sources are not the root of a git work tree.

use std::{env, path::Path, process::Command};

fn main() {
    println!("cargo::rerun-if-env-changed={COMMIT_VARIABLE}");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    let commit = env::var(COMMIT_VARIABLE).ok().or_else(checked_out_commit).filter(|commit| !commit.is_empty());
    let target = env::var("TARGET").ok();
    let parts = [commit.map(|commit| format!("commit {commit}")), target, Some(features())];
    println!("cargo::rustc-env=TOKENWELL_BUILD={}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
}

/// Returns the first digits of the commit in the work tree, and whether its sources were changed since.
fn checked_out_commit() -> Option<String> {
    let root = env::var_os("CARGO_MANIFEST_DIR")?;
    let revision = git(&["rev-parse", "--show-toplevel", "HEAD"])?;
    let (top, commit) = revision.split_once('\n')?;
    // A work tree around vendored sources has commits of its own.
    if Path::new(top).canonicalize().ok()? != Path::new(&root).canonicalize().ok()? {
        return None;
    }
    let changes = git(&[&["status", "--porcelain", "--untracked-files=no", "--"], &SOURCES[..]].concat())?;
    let mark = if changes.is_empty() { "" } else { "-dirty" };
    Some(format!("{}{mark}", commit.get(..COMMIT_DIGITS)?))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim_end().to_owned())
}

/// Returns the cargo features of the build in words.
fn features() -> String {
    let enabled = env::vars().filter_map(|(name, _)| name.strip_prefix("CARGO_FEATURE_").map(str::to_lowercase));
    let mut enabled: Vec<_> = enabled.filter(|name| name != "default").collect();
    enabled.sort();
    if enabled.is_empty() { "no features".to_owned() } else { format!("features {}", enabled.join(" ")) }
}

/// Names the commit if git does not know it, as in a container, or leaves it out if it is empty.
const COMMIT_VARIABLE: &str = "TOKENWELL_COMMIT";
const SOURCES: [&str; 3] = ["Cargo.toml", "Cargo.lock", "src"];
const COMMIT_DIGITS: usize = 12;
