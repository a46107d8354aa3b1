//! The kinds of secrets, and the files that contain them.

use std::path::Path;

/// The kind of secret in a file of a source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SecretKind {
    /// One access key.
    AccessKey,
}

/// A file that a source reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SecretFile<'s> {
    /// The kind of secret that it contains.
    pub kind: SecretKind,
    /// Its absolute path.
    pub path: &'s Path,
}

impl SecretKind {
    /// Returns the name of the secret for messages.
    pub fn noun(self) -> &'static str {
        match self {
            Self::AccessKey => "access key",
        }
    }

    /// Returns the name of its file for messages.
    pub fn file_noun(self) -> &'static str {
        match self {
            Self::AccessKey => "key file",
        }
    }
}
