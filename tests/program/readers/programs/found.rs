//! Finds the programs of other projects in the folder `$TOKENWELL_READERS`, else on `PATH`. In that folder, `NAME.version` is the version of the
//! program `NAME` if it does not print it, as most do that are built from their sources.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::skipped;

/// A program of another project.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    name: &'static str,
    path: PathBuf,
    version: String,
}

impl Found {
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.stdin(Stdio::null());
        command
    }

    /// The name and the version.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// Whether its version is this one or a later one.
    pub(crate) fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let mut parts = self.version.split('.').map(|part| part.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (major, minor)
    }
}

/// Finds a program that `tests/setup` installs, or skips the test.
pub(crate) fn installed(name: &'static str, version: &[&str]) -> Option<Found> {
    let found = find(name, version);
    if found.is_none() {
        skipped::without_program(&format!("`{name}` is not installed"));
    }
    found
}

/// Finds a program that `tests/system/readers/run` installs, or skips the test.
pub(crate) fn from_script(name: &'static str, version: &[&str]) -> Option<Found> {
    let found = find(name, version);
    if found.is_none() {
        skipped::on_this_machine(&format!("`{name}` is not installed; tests/system/readers/run installs it"));
    }
    found
}

fn find(name: &'static str, arguments: &[&str]) -> Option<Found> {
    let own = env::var_os("TOKENWELL_READERS").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = own.into_iter().chain(env::split_paths(&path)).chain(["/usr/sbin".into()]);
    let path = folders.map(|folder| folder.join(name)).find(|path| path.is_file())?;
    if let Ok(version) = fs::read_to_string(path.with_extension("version")) {
        return Some(Found { name, path, version: version.trim().to_owned() });
    }
    let output = Command::new(&path).args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let version = version_in(&String::from_utf8_lossy(&text));
    Some(Found { name, path, version })
}

/// The first word with a number, a dot and a number: the version in the many ways to print one.
fn version_in(text: &str) -> String {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "._-+~".contains(c)))
        .map(|word| word.trim_start_matches(|c: char| !c.is_ascii_digit()))
        .find(|word| word.split('.').take(2).filter(|part| part.starts_with(|c: char| c.is_ascii_digit())).count() == 2)
        .unwrap_or("of an unknown version")
        .to_owned()
}

#[test]
fn a_version_is_found_in_what_programs_print() {
    for (printed, version) in [
        ("prometheus, version 2.42.0+ds (branch: debian/sid)", "2.42.0+ds"),
        ("HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/", "2.6.12-1+deb12u4"),
        ("Server version: Apache/2.4.71 (Debian)\nServer built: 2026", "2.4.71"),
        ("v2.11.7 h1:abc=", "2.11.7"),
        ("vmagent-v1.151.0", "1.151.0"),
        ("no number", "of an unknown version"),
    ] {
        assert_eq!(version_in(printed), version, "{printed}");
    }
}
