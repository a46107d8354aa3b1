//! The kinds of secrets, and a file that holds one.

use std::path::Path;

/// What a file of a source holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SecretKind {
    /// One access key.
    AccessKey,
}

/// A file that a source reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SecretFile<'s> {
    /// What it holds.
    pub kind: SecretKind,
    /// Where it is; absolute.
    pub path: &'s Path,
}

impl SecretKind {
    /// The secret, in messages.
    pub fn noun(self) -> &'static str {
        match self {
            Self::AccessKey => "access key",
        }
    }

    /// The file that holds it, in messages.
    pub fn file_noun(self) -> &'static str {
        match self {
            Self::AccessKey => "key file",
        }
    }
}
