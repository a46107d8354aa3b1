//! Checks whether records could be stored, for `tokenwell check --online`.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use super::ledger::{Ledger, RECORD_MODE, StoreError};

impl Ledger {
    /// Checks whether records could be stored: creates and removes a file in their folder, or in the folder where theirs
    /// would be created. No record is touched. Blocks on the disk.
    pub fn probe(&self) -> Result<(), StoreError> {
        let mut folder = self.folder();
        while let Err(source) = fs::metadata(folder) {
            match folder.parent() {
                // A dangling link prevents a folder of that name.
                Some(above) if source.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(folder).is_err() => {
                    folder = above;
                }
                Some(_) | None => return Err(StoreError { path: folder.to_owned(), source }),
            }
        }
        let create = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(RECORD_MODE).open(path);
        let probe = tempfile::Builder::new().prefix(PROBE_PREFIX).make_in(folder, create);
        let written = probe.and_then(|mut file| file.as_file_mut().write_all(PROBE));
        written.map_err(|source| StoreError { path: self.folder().to_owned(), source })
    }

    /// Returns the owner of the records' folder, or of the state directory in which it would be created, or `None` if both
    /// are missing. A default state directory may be missing together with the folder above it: then it is the owner of the folder
    /// of the outputs. Blocks on the disk.
    pub fn owner(&self, is_default: bool) -> io::Result<Option<u32>> {
        for folder in self.folder().ancestors().take(if is_default { 4 } else { 2 }) {
            match fs::metadata(folder) {
                Ok(found) => return Ok(Some(found.uid())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

const PROBE_PREFIX: &str = ".tokenwell-check.";
const PROBE: &[u8] = b"written by `tokenwell check --online`, and removed again\n";
