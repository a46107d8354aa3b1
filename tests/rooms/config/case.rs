//! Configuration test cases: each is written to a file, read, and validated with the JSON Schema.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use tokenwell::config::{self, ConfigSource, Loaded, Mistakes};

use crate::schema;

/// Returns the error for a configuration, with the path that a user sees.
pub(crate) fn refusal(yaml: &str, variables: &[(&str, &str)]) -> String {
    let (folder, path) = written(b"");
    fs::write(&path, yaml.replace("DIR", folder.path().to_str().unwrap()).replace("LONG", &"x".repeat(201))).unwrap();
    said(&folder, &path, variables)
}

pub(crate) fn refusal_of(bytes: &[u8]) -> String {
    let (folder, path) = written(bytes);
    said(&folder, &path, &[])
}

pub(crate) fn said(folder: &TempDir, path: &Path, variables: &[(&str, &str)]) -> String {
    let loaded: Result<Loaded, Mistakes> =
        config::load(&ConfigSource::file(path), &variables.iter().copied().collect());
    schema_agrees(path, &loaded);
    loaded.unwrap_err().to_string().replace(folder.path().to_str().unwrap(), "/etc/tokenwell")
}

/// Returns the parsed configuration. Fails if there is any mistake.
pub(crate) fn good(yaml: &str, variables: &[(&str, &str)]) -> Loaded {
    let (_folder, path) = written(yaml.as_bytes());
    let loaded = config::load(&ConfigSource::file(&path), &variables.iter().copied().collect());
    schema_agrees(&path, &loaded);
    loaded.unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// Asserts that the JSON Schema and the reader agree about the file. Editors cannot open a file that is not UTF-8.
pub(crate) fn schema_agrees(path: &Path, loaded: &Result<Loaded, Mistakes>) {
    if let Ok(yaml) = fs::read_to_string(path) {
        schema::agrees(&yaml, loaded);
    }
}

pub(crate) fn written(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenwell.yaml");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

pub(crate) fn check(folder: &TempDir, yaml: &str) -> Output {
    let path = folder.path().join("tokenwell.yaml");
    fs::write(&path, yaml.replace("DIR", folder.path().to_str().unwrap())).unwrap();
    tokenwell(&["check", "--config", path.to_str().unwrap()], &[])
}

/// Runs the real program with these environment variables only.
pub(crate) fn tokenwell(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenwell"));
    command.args(arguments).env_clear().envs(variables.iter().copied()).output().unwrap()
}

pub(crate) const BARE: &str =
    "projectId: P2abc\ncredentials: [{name: a, accessKeyFile: /keys/a, outputs: [{path: /run/a.jwt}]}]\n";
