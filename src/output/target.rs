//! Where a session is put: the one list of what a target can be.

use std::{borrow::Cow, path::PathBuf};

use super::file::FileTarget;

/// Where a session is put.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// Into a file.
    File(FileTarget),
}

/// The address of a target. Two outputs with one address would overwrite each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Address {
    /// The path of a file.
    File(PathBuf),
}

impl Target {
    /// Its address.
    pub fn address(&self) -> Address {
        match self {
            Self::File(file) => Address::File(file.path.clone()),
        }
    }

    /// Its name in logs and in the status: the path of a file.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::File(file) => file.path.to_string_lossy(),
        }
    }
}
