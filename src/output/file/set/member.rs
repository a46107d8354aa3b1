//! A file of a set, with the content to write.

use std::ffi::OsStr;

use crate::output::file::{Expected, FileTarget};

/// A file and what it is to hold.
#[derive(Clone, Copy)]
pub(super) struct Member<'w> {
    pub(super) wanted: Expected<'w>,
    pub(super) name: &'w OsStr,
    pub(super) bytes: &'w [u8],
}

/// The name of the file in the folder of the set.
pub(super) fn name_of(wanted: &FileTarget) -> &OsStr {
    wanted.path.file_name().unwrap_or_default()
}
