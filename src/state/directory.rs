//! The state directory itself.

use std::{fs::DirBuilder, io, os::unix::fs::DirBuilderExt as _, path::Path};

use crate::blocking::{Access, at_file};

/// Creates a state directory, and the folders above it, if they are missing. Its group may read the status file in it; records
/// and tokens are in folders for the owner only. Blocks on the disk.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    at_file(Access::Write, directory);
    DirBuilder::new().recursive(true).mode(MODE).create(directory)
}

const MODE: u32 = 0o750;
