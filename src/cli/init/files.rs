//! Writes the files, each whole or not at all, and never over another.

use std::{
    fs::{self, DirBuilder, Permissions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::Path,
};

use tempfile::Builder;

use super::{
    answers::{Answers, StoredKey},
    texts::configuration,
};
#[cfg(feature = "texts")]
use crate::config::schema;
use crate::{cli::failure::Failure, irreplaceable::Irreplaceable};

/// Whether there is anything at a path. Blocks on the disk.
pub(super) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Refuses a configuration that exists; with `force`, anything that is not a regular file. Blocks on the disk.
pub(super) fn check_writable(config: &Path, force: bool) -> Result<(), Failure> {
    let problem = match config.symlink_metadata() {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => return Ok(()),
        Err(error) => format!("cannot write `{}`: {error}; name another file with `--config`", config.display()),
        Ok(found) if !found.is_file() => {
            format!("`{}` is not a regular file; name another with `--config`", config.display())
        }
        Ok(_) if force => return Ok(()),
        Ok(_) => format!(
            "`{}` exists and is not overwritten; name another file with `--config`, or replace this one with `--force`",
            config.display()
        ),
    };
    Err(Failure::CommandLine(problem))
}

/// Refuses an output that no token ever replaces, such as a folder. Blocks on the disk.
pub(super) fn check_output(output: &Path) -> Result<(), Failure> {
    Irreplaceable::at(output).map_or(Ok(()), |found| {
        let problem = format!("`{}` is {found}, which no token replaces; name a file", output.display());
        Err(Failure::CommandLine(problem))
    })
}

/// Refuses a key file that is the configuration, which would replace the key. Blocks on the disk.
pub(super) fn check_key_file(key_file: &Path, config: &Path) -> Result<(), Failure> {
    let is_one_file = key_file == config
        || matches!((key_file.canonicalize(), config.canonicalize()), (Ok(key), Ok(config)) if key == config);
    if !is_one_file {
        return Ok(());
    }
    let key_file = key_file.display();
    Err(Failure::CommandLine(format!("`{key_file}` cannot be both the key file and the configuration; name two files")))
}

/// Writes the key if it was typed, the JSON Schema, and the configuration last. Blocks on the disk.
pub(super) fn write(config: &Path, answers: &Answers, force: bool) -> Result<StoredKey, Failure> {
    let folder = config.parent().unwrap_or(Path::new("/"));
    create_folder(folder, FOLDER_MODE)?;
    let key = store_key(answers)?;
    let schema = write_schema(folder)?;
    let text = configuration(answers, schema.as_deref());
    let overwrite = if force { Overwrite::Regular } else { Overwrite::Never };
    match put(config, text.as_bytes(), FILE_MODE, overwrite) {
        Ok(()) => Ok(key),
        Err(error) => Err(cannot_write(config, &error)),
    }
}

fn store_key(answers: &Answers) -> Result<StoredKey, Failure> {
    let file = &answers.key_file;
    create_folder(file.parent().unwrap_or(Path::new("/")), SECRET_FOLDER_MODE)?;
    let Some(key) = &answers.key else {
        return Ok(if exists(file) { StoredKey::Present } else { StoredKey::Missing });
    };
    put(file, key.expose().as_bytes(), SECRET_MODE, Overwrite::Never).map_err(|error| cannot_write(file, &error))?;
    Ok(StoredKey::New)
}

/// Writes the schema beside the configuration, unless a file of that name exists. Returns its path from there; `None` if this
/// program was built without it.
#[cfg(feature = "texts")]
fn write_schema(folder: &Path) -> Result<Option<String>, Failure> {
    let path = folder.join(SCHEMA_FILE);
    if !exists(&path) {
        let text = format!("{:#}\n", schema::json());
        put(&path, text.as_bytes(), FILE_MODE, Overwrite::Never).map_err(|error| cannot_write(&path, &error))?;
    }
    Ok(Some(SCHEMA_FILE.to_owned()))
}

#[cfg(not(feature = "texts"))]
#[expect(clippy::unnecessary_wraps, reason = "the other build writes a file")]
fn write_schema(_folder: &Path) -> Result<Option<String>, Failure> {
    Ok(None)
}

fn create_folder(folder: &Path, mode: u32) -> Result<(), Failure> {
    let created = DirBuilder::new().recursive(true).mode(mode).create(folder);
    created.map_err(|error| {
        Failure::at_run_time(format!("cannot create folder `{}`: {error}; name another place", folder.display()))
    })
}

/// What may be replaced.
#[derive(Clone, Copy)]
enum Overwrite {
    Never,
    Regular,
}

/// Writes a file that appears whole, under a name that is not in use.
fn put(path: &Path, content: &[u8], mode: u32, overwrite: Overwrite) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file =
        Builder::new().prefix(".tokenwell-init-").permissions(Permissions::from_mode(mode)).tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    match overwrite {
        Overwrite::Never => file.persist_noclobber(path)?,
        Overwrite::Regular => file.persist(path)?,
    };
    fs::File::open(folder)?.sync_all()
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let remedy = match error.kind() {
        io::ErrorKind::AlreadyExists => "it exists and is not overwritten",
        _ => "name another file",
    };
    Failure::at_run_time(format!("cannot write `{}`: {error}; {remedy}", path.display()))
}

const FOLDER_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;
const SECRET_FOLDER_MODE: u32 = 0o700;
const SECRET_MODE: u32 = 0o600;
#[cfg(feature = "texts")]
const SCHEMA_FILE: &str = "tokenwell.schema.json";
