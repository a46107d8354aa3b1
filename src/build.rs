//! Build script: describes the build for `tokenwell --version`: commit, target and cargo features. And it lets the linker keep one
//! copy of functions whose instructions are the same, if it can.
//!
//! It runs again only if the sources change, so a commit that changes only tests or documents costs no build. The commit is
//! left out where it is unknown: without git, and where the sources are not the root of a git work tree.

use std::{
    env,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

fn main() {
    println!("cargo::rerun-if-env-changed={COMMIT_VARIABLE}");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    let commit = env::var(COMMIT_VARIABLE).ok().or_else(checked_out_commit).filter(|commit| !commit.is_empty());
    let target = env::var("TARGET").ok();
    let parts = [commit.map(|commit| format!("commit {commit}")), target, Some(features())];
    println!("cargo::rustc-env=TOKENWELL_BUILD={}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    if let Some(argument) = folding() {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}

/// Returns the linker's argument for identical code folding: generic functions for types of the same layout become one. `None` if the
/// build is for speed of building, and if the linker does not know it: GNU `ld` does not, `lld`, `mold` and `gold` do.
///
/// Only code is folded: `static`s keep their addresses. Rust promises no function an address of its own, and no crate here compares
/// addresses of functions; nor does the C code of `ring`.
fn folding() -> Option<&'static str> {
    let is_small = env::var("OPT_LEVEL").is_ok_and(|level| level == "s" || level == "z");
    FOLDING.into_iter().find(|argument| is_small && links_with(argument).unwrap_or(false))
}

/// Whether an empty program can be linked with this argument, by the compiler, the flags and the linker of this build.
fn links_with(argument: &str) -> Option<bool> {
    let mut rustc = Command::new(env::var_os("RUSTC")?);
    rustc.args(["--edition=2024", "--crate-name=probe", "-", "--target"]).arg(env::var_os("TARGET")?);
    rustc.arg("--out-dir").arg(env::var_os("OUT_DIR")?);
    if let Ok(flags) = env::var("CARGO_ENCODED_RUSTFLAGS") {
        rustc.args(flags.split(ENCODED_SEPARATOR).filter(|flag| !flag.is_empty()));
    }
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    rustc.arg(format!("-Clink-arg={argument}"));
    let mut rustc = rustc.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    rustc.stdin.take()?.write_all(b"fn main() {}").ok()?;
    Some(rustc.wait().ok()?.success())
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
/// The argument for a C compiler that starts the linker, and for the linker itself.
const FOLDING: [&str; 2] = ["-Wl,--icf=all", "--icf=all"];
/// Cargo puts it between the flags for the compiler.
const ENCODED_SEPARATOR: char = '\x1f';
