//! The state directory itself.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use crate::blocking::{Access, at_file};

/// Creates a state directory, and the folders above it, if they are missing. Its group may read the status file in it; records
/// and tokens are in folders for the owner only. Blocks on the disk.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    at_file(Access::Write, directory);
    DirBuilder::new().recursive(true).mode(MODE).create(directory)
}

/// Returns the other folders in the folder of a state directory. Blocks on the disk.
pub fn directories_beside(directory: &Path) -> Vec<PathBuf> {
    let entries = directory.parent().map(fs::read_dir).into_iter().flatten().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path());
    folders.filter(|folder| folder != directory).take(OTHERS_MAX).collect()
}

/// How many other folders are looked at.
const OTHERS_MAX: usize = 256;
const MODE: u32 = 0o750;
