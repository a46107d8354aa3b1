//! `Cargo.toml`: the address of the project, and the Rust that it needs.

use crate::sources::{text, texts};

#[test]
fn the_address_of_the_project_is_the_manifests() {
    let repository = field("repository");
    for other in ["homepage", "documentation"] {
        assert!(field(other).starts_with(&repository), "`{other}` of Cargo.toml, and `repository`");
    }
    let name = repository.rsplit('/').next().unwrap_or_default();
    let mut found = 0;
    let mut faults = Vec::new();
    for (path, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            for address in line.split("https://github.com/").skip(1) {
                let mut parts = address.split(|letter: char| !(letter.is_alphanumeric() || "-_.".contains(letter)));
                let (owner, project) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                if project.trim_end_matches(".git") != name {
                    continue;
                }
                found += 1;
                if format!("https://github.com/{owner}/{name}") != repository {
                    faults.push(format!("{path}:{}: `{owner}/{project}` is not `{repository}`", number + 1));
                }
            }
        }
    }
    super::none(&faults);
    assert!(found > 3, "only {found} addresses of the project were found");
}

/// An old cargo stops at the first value that it does not know. This profile has such a value, and a name that says why.
#[test]
fn cargo_too_old_prints_the_version_that_is_needed() {
    let manifest = text("Cargo.toml");
    let profile = format!("[profile.needs-rust-{}-from-rustup_rs]\n", field("rust-version").replace('.', "_"));
    let first = manifest.find("[profile.").unwrap_or_default();
    assert!(manifest[first..].starts_with(&profile), "the first profile of Cargo.toml must be `{profile}`");
    let has_text = manifest[first..].lines().take_while(|line| !line.is_empty()).any(|line| line == "debug = \"none\"");
    assert!(has_text, "cargo before 1.71 accepts only numbers and booleans for `debug`");
}

/// A text of `[package]`.
fn field(name: &str) -> String {
    let manifest = text("Cargo.toml");
    let start = format!("{name} = \"");
    let value = manifest.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix('"'));
    value.unwrap_or_else(|| panic!("Cargo.toml has no `{name}`")).to_owned()
}
