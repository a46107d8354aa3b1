//! The keys of a folder (`accessKeyDirectory`).

use std::{
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
};

use super::systemd_credentials::missing_credential;
use crate::blocking::{Access, at_file};

/// Why the keys of a folder could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// There is no such folder.
    #[error("key folder `{folder}` is missing, or is a link that leads nowhere; {remedy}", folder = folder.display(), remedy = missing_credential(folder).unwrap_or_else(|| "it is used as soon as it is there".to_owned()))]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// It is not a folder.
    #[error("key folder `{folder}` is not a folder; name the folder that the keys are in", folder = folder.display())]
    NotAFolder {
        /// The path.
        folder: PathBuf,
    },
    /// It contains more files than the limit.
    #[error("key folder `{folder}` has more than {KEYS_PER_FOLDER_MAX} files; keep only access keys in it", folder = folder.display())]
    TooMany {
        /// The folder.
        folder: PathBuf,
    },
    /// The system returned an error.
    #[error("cannot list key folder `{folder}`: {source}; tokenwell's user needs the right to read it", folder = folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Returns names and paths of the key files in a folder, sorted by name. Blocks on the disk.
///
/// Names that begin with a dot are not keys: Kubernetes keeps `..data` and `..2026_11_23…` there. Entries may be links
/// to files, as they are in Kubernetes; folders, links to folders, pipes and the like are not keys. A name that is not
/// UTF-8 cannot be a credential's name and is left out. A file whose metadata cannot be read counts as a key, so that
/// reading it reports the error.
pub fn list(folder: &Path) -> Result<Vec<(String, PathBuf)>, ListError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ListError::Missing { folder: folder.to_owned() },
        io::ErrorKind::NotADirectory => ListError::NotAFolder { folder: folder.to_owned() },
        _ => ListError::Unreadable { folder: folder.to_owned(), source },
    };
    at_file(Access::Read, folder);
    let mut keys = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') || !is_key(&entry) {
            continue;
        }
        if keys.len() == KEYS_PER_FOLDER_MAX {
            return Err(ListError::TooMany { folder: folder.to_owned() });
        }
        keys.push((name, entry.path()));
    }
    keys.sort_unstable();
    Ok(keys)
}

/// Follows links, unlike [`DirEntry::metadata`].
fn is_key(entry: &DirEntry) -> bool {
    match fs::metadata(entry.path()) {
        Ok(found) => found.is_file(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// The maximum number of keys in one folder.
pub const KEYS_PER_FOLDER_MAX: usize = 20_000;
