//! Resolves paths: two that are spelled differently may be one file through links.
//!
//! A write replaces a name in a folder. So the resolved path of a file is its name in the resolved folder, and a link
//! of that name is not followed. An existing file also has an inode number, which finds hard links and files that are
//! links themselves. A folder whose disk does not respond to earlier reads counts as missing, so that it does not hold up the
//! rest of the configuration.

use std::{
    collections::HashMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::blocking;

/// Resolved folders, each looked up once.
#[derive(Default)]
pub(super) struct PathResolver {
    folders: HashMap<PathBuf, PathBuf>,
}

impl PathResolver {
    /// Returns the resolved path of a file, whether it exists or not.
    pub(super) fn file(&mut self, path: &Path) -> PathBuf {
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => self.folder(folder).join(name),
            (None, _) | (_, None) => path.to_owned(),
        }
    }

    /// Returns the resolved path of a folder. A missing one is resolved below its nearest existing parent.
    pub(super) fn folder(&mut self, path: &Path) -> PathBuf {
        if let Some(known) = self.folders.get(path) {
            return known.clone();
        }
        let mut missing: Vec<OsString> = Vec::new();
        let mut candidate = path;
        let resolved = loop {
            let found = if blocking::reaches(candidate) { candidate.canonicalize().ok() } else { None };
            match (found, candidate.parent(), candidate.file_name()) {
                (Some(resolved), ..) => break resolved,
                (None, Some(above), Some(name)) => {
                    missing.push(name.to_owned());
                    candidate = above;
                }
                (None, ..) => break candidate.to_owned(),
            }
        };
        let resolved: PathBuf = [resolved].into_iter().chain(missing.into_iter().rev().map(PathBuf::from)).collect();
        self.folders.insert(path.to_owned(), resolved.clone());
        resolved
    }
}
