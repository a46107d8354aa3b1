//! What the files are written from.

use std::path::PathBuf;

use crate::secret::Secret;

/// All answers.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) project_id: String,
    pub(super) base_url: Option<String>,
    pub(super) name: String,
    pub(super) key_file: PathBuf,
    /// The key to store there, if it was typed.
    pub(super) key: Option<Secret>,
    pub(super) output: PathBuf,
}

/// Where the access key is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StoredKey {
    /// It was written.
    New,
    /// Its file existed.
    Present,
    /// A person has to write it.
    Missing,
}
