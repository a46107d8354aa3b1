//! The links by which readers know the files of a set, `NAME -> ..data/NAME`, and `..data` itself.

use std::{
    ffi::{OsStr, OsString},
    io,
};

use rustix::fs::FileType;

use super::{
    SetStep,
    directory::{DIRECTORY_ENTRIES_MAX, Directory},
    name::{self, DATA, link_to},
    steps::SetSteps,
};
use crate::{irreplaceable::Irreplaceable, output::file::WriteError};

/// Makes `..data` lead to that generation, in one step: the moment of truth.
pub(super) fn swap(set: &Directory, generation: &OsStr, steps: &mut SetSteps<'_>) -> Result<(), WriteError> {
    let temporary = name::data_temporary();
    steps.take(SetStep::MakeDataLink, || set.make_link(&temporary, generation))?;
    let renamed = || match in_the_way_of_data(set)? {
        Some(what) => Ok(Err(what)),
        None => set.rename(&temporary, OsStr::new(DATA)).map(Ok),
    };
    let renamed = steps.take(SetStep::Swap, renamed);
    if !matches!(renamed, Ok(Ok(()))) {
        let _ = set.remove(&temporary);
    }
    renamed?.map_err(|what| WriteError::InTheWay { path: steps.path_of(OsStr::new(DATA)), what })
}

/// The obstacle where `..data` belongs. A link or a regular file there is replaced.
pub(super) fn in_the_way_of_data(set: &Directory) -> io::Result<Option<Irreplaceable>> {
    let Some(found) = set.stat(OsStr::new(DATA))? else { return Ok(None) };
    Ok(match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile | FileType::Symlink => None,
        FileType::Directory => Some(Irreplaceable::Folder),
        FileType::Fifo => Some(Irreplaceable::Fifo),
        FileType::Socket => Some(Irreplaceable::Socket),
        FileType::CharacterDevice | FileType::BlockDevice | FileType::Unknown => Some(Irreplaceable::Device),
    })
}

/// Makes or repairs the link to a file, in one step for readers. It also replaces a file from a time before the set.
/// Returns whether there was anything to do.
pub(super) fn put(set: &Directory, name: &OsStr, steps: &mut SetSteps<'_>) -> Result<bool, WriteError> {
    if is_right(set, name) {
        return Ok(false);
    }
    let path = steps.path_of(name);
    let linked = || {
        if let Some(what) = Irreplaceable::at(&path) {
            return Ok(Err(what));
        }
        let temporary = name::link_temporary(name);
        set.make_link(&temporary, &link_to(name))?;
        let renamed = set.rename(&temporary, name).inspect_err(|_| {
            let _ = set.remove(&temporary);
        });
        renamed.map(Ok)
    };
    let linked = steps.take_of(SetStep::Link, name, linked)?;
    linked.map(|()| true).map_err(|what| WriteError::InTheWay { path, what })
}

/// Removes the link to a file, or the file there from a time before the set. Returns whether there was one.
pub(super) fn take(set: &Directory, name: &OsStr, steps: &mut SetSteps<'_>) -> Result<bool, WriteError> {
    let path = steps.path_of(name);
    if set.stat(name).map_err(|source| WriteError::Set { step: SetStep::Link, path: path.clone(), source })?.is_none() {
        return Ok(false);
    }
    let removed = steps.take_of(SetStep::Link, name, || match Irreplaceable::at(&path) {
        Some(what) => Ok(Err(what)),
        None => set.remove(name).map(Ok),
    })?;
    removed.map_err(|what| WriteError::InTheWay { path, what })
}

/// Removes links that are exactly ours and lead to no file of the generation. Answers whether there were any.
pub(super) fn take_dangling(set: &Directory, files: &[OsString], steps: &mut SetSteps<'_>) -> Result<bool, WriteError> {
    let entries = steps.take(SetStep::Link, || set.entries(DIRECTORY_ENTRIES_MAX))?;
    let mut any = false;
    for (name, kind) in entries {
        if kind == FileType::Symlink && !files.contains(&name) && is_right(set, &name) {
            any |= steps.take_of(SetStep::Link, &name, || set.remove(&name))?;
        }
    }
    Ok(any)
}

/// Whether the link leads where it should. One that cannot be read does not.
pub(super) fn is_right(set: &Directory, name: &OsStr) -> bool {
    set.link(name).is_ok_and(|target| target == Some(link_to(name)))
}
