//! Where paths lead to: two that differ in their letters may be one file by way of links.
//!
//! What a write replaces is a name in a folder. So the real place of a file is its name in the folder that its path leads
//! to, and a link of that name is not followed. What stands there already has a number besides, which tells of hard links
//! and of files that are links themselves.

use std::{
    collections::HashMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The places that were looked up. What a path leads to is asked once for each folder.
#[derive(Default)]
pub(super) struct Places {
    folders: HashMap<PathBuf, PathBuf>,
}

impl Places {
    /// The real place of a file, be it there or not.
    pub(super) fn file(&mut self, path: &Path) -> PathBuf {
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => self.folder(folder).join(name),
            (None, _) | (_, None) => path.to_owned(),
        }
    }

    /// The real place of a folder. Of one that is missing: below the nearest above it that is there.
    pub(super) fn folder(&mut self, path: &Path) -> PathBuf {
        if let Some(known) = self.folders.get(path) {
            return known.clone();
        }
        let mut missing: Vec<OsString> = Vec::new();
        let mut at = path;
        let real = loop {
            match (at.canonicalize(), at.parent(), at.file_name()) {
                (Ok(real), ..) => break real,
                (Err(_), Some(above), Some(name)) => {
                    missing.push(name.to_owned());
                    at = above;
                }
                (Err(_), ..) => break at.to_owned(),
            }
        };
        let real: PathBuf = [real].into_iter().chain(missing.into_iter().rev().map(PathBuf::from)).collect();
        self.folders.insert(path.to_owned(), real.clone());
        real
    }
}
