//! The folder of the set itself.

use std::{io, os::unix::fs::MetadataExt as _};

use rustix::{fs::FileType, process::geteuid};

use super::{
    directory::{DIRECTORY_ENTRIES_MAX, Directory},
    name::link_to,
};
use crate::output::file::{
    ExistingFolder, SetFolder,
    ownership::{own, permit_folder},
};

/// Gives the folder the mode and the group of the set, if that is wanted. A folder of another user, one in which each user may remove
/// only files of its own, and one that holds anything but the set are left unchanged: others rely on them.
pub(super) fn adjust(set: &Directory, folder: &SetFolder) -> io::Result<()> {
    match folder.existing {
        ExistingFolder::Adjust if is_ours(set)? => {
            own(&set.file, None, folder.group)?;
            permit_folder(&set.file, folder.mode)
        }
        ExistingFolder::Adjust | ExistingFolder::Keep => Ok(()),
    }
}

fn is_ours(set: &Directory) -> io::Result<bool> {
    let found = set.file.metadata()?;
    if found.uid() != geteuid().as_raw() || found.mode() & STICKY != 0 {
        return Ok(false);
    }
    for (name, kind) in set.entries(DIRECTORY_ENTRIES_MAX)? {
        let is_of_the_set = name.as_encoded_bytes().starts_with(b"..")
            || kind == FileType::Symlink && set.link(&name)?.is_some_and(|target| target == link_to(&name));
        if !is_of_the_set {
            return Ok(false);
        }
    }
    Ok(true)
}

const STICKY: u32 = 0o1000;
