//! Generations that are no longer current, and what a crash leaves.

use std::{
    cmp::Reverse,
    ffi::{OsStr, OsString},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

use rustix::{fs::FileType, process::geteuid};

use super::{
    directory::{DIRECTORY_ENTRIES_MAX, Directory},
    generation::{Generation, clear},
    name::{self, link_to},
};
use crate::output::file::name::target_of;

/// Removes what is neither current nor among the `newest` others, and what a crash left, and counts that. A folder that is missing is
/// clean.
pub(in crate::output::file) fn sweep(directory: &Path, newest: usize, removed: &mut usize) -> io::Result<()> {
    let set = match Directory::open(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        set => set?,
    };
    let current = Generation::current(&set)?;
    remove_temporary_links(&set, removed)?;
    remove(&set, current.as_ref(), &Retained { previous: None, others: newest }, removed)
}

/// Removes the generations that are not current, but for the `kept` newest. Goes on after one that cannot be removed, and
/// answers with the first trouble.
pub(super) fn remove(
    set: &Directory,
    current: Option<&Generation>,
    kept: &Retained<'_>,
    removed: &mut usize,
) -> io::Result<()> {
    let ours = ours(current)?;
    let mut old = Vec::new();
    for (name, kind) in set.entries(DIRECTORY_ENTRIES_MAX)? {
        let is_old = kind == FileType::Directory
            && name::is_generation(&name)
            && current.is_none_or(|current| current.name != name)
            && kept.previous != Some(name.as_os_str());
        if let Some(found) = is_old.then(|| set.stat(&name)).transpose()?.flatten().filter(|found| ours(found.st_uid)) {
            old.push(((found.st_mtime, found.st_mtime_nsec), name));
        }
    }
    old.sort_by_key(|(made, _)| Reverse(*made));
    let mut trouble = Ok(());
    for (_, name) in old.into_iter().skip(kept.others) {
        match set.enter(&name).and_then(|generation| clear(set, &name, &generation)) {
            Ok(()) => *removed += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => trouble = trouble.and(Err(error)),
        }
    }
    trouble
}

/// Which generations stay besides the current one.
pub(super) struct Retained<'n> {
    /// The one before it, whatever the times of folders say.
    pub(super) previous: Option<&'n OsStr>,
    /// How many others, the newest first.
    pub(super) others: usize,
}

impl Retained<'static> {
    pub(super) const NONE: Self = Self { previous: None, others: 0 };
}

/// Removes the links that a crash left under temporary names. Only links with the target of our own links are removed.
pub(super) fn remove_temporary_links(set: &Directory, removed: &mut usize) -> io::Result<()> {
    let ours = ours(None)?;
    for (name, kind) in set.entries(DIRECTORY_ENTRIES_MAX)? {
        let leads_as_ours = |target: OsString| {
            name::is_data_temporary(&name) && name::is_generation(&target)
                || target_of(&name).is_some_and(|file| link_to(file) == target)
        };
        if kind == FileType::Symlink
            && set.link(&name)?.is_some_and(leads_as_ours)
            && set.stat(&name)?.is_some_and(|found| ours(found.st_uid))
        {
            *removed += usize::from(set.remove(&name)?);
        }
    }
    Ok(())
}

/// Returns whether this program made a file, by its owner: this user, or the user to which the file system maps this one.
fn ours(current: Option<&Generation>) -> io::Result<impl Fn(u32) -> bool> {
    let of_current = current.map(|current| current.directory.file.metadata()).transpose()?.map(|found| found.uid());
    Ok(move |uid| uid == geteuid().as_raw() || Some(uid) == of_current)
}

/// How many generations stay beside the current one after a write: a reader may have opened one just before.
pub(super) const OLD_GENERATIONS_MAX: usize = 4;
