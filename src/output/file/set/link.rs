//! The links by which readers know the files of a set, `NAME -> ..data/NAME`, and `..data` itself.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::Path,
};

use rustix::fs::FileType;

use super::{
    SetStep,
    directory::{DIRECTORY_ENTRIES_MAX, Directory},
    name::{self, DATA, link_to},
    steps::SetSteps,
};
use crate::output::file::{WriteError, look::unfit};

/// Makes `..data` lead to that generation, in one step: the moment of truth.
pub(super) fn swap(set: &Directory, generation: &OsStr, steps: &mut SetSteps<'_>) -> Result<(), WriteError> {
    let temporary = name::data_temporary();
    steps.take(SetStep::MakeDataLink, || set.make_link(&temporary, generation))?;
    steps.take(SetStep::Swap, || set.rename(&temporary, OsStr::new(DATA))).inspect_err(|_| {
        let _ = set.remove(&temporary);
    })
}

/// The obstacle where `..data` belongs, in words: only a folder, since a link replaces anything else.
pub(super) fn in_the_way_of_data(set: &Directory) -> io::Result<Option<&'static str>> {
    let found = set.stat(OsStr::new(DATA))?;
    let is_folder = found.is_some_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Directory);
    Ok(is_folder.then_some("a folder"))
}

/// Makes or repairs the link to a file, in one step for readers. It also replaces a file from a time before the set.
/// Returns whether there was anything to do.
pub(super) fn put(set: &Directory, name: &OsStr, steps: &mut SetSteps<'_>) -> Result<bool, WriteError> {
    if is_right(set, name) {
        return Ok(false);
    }
    let path = steps.path_of(name);
    if let Some(what) = in_the_way(&path) {
        return Err(WriteError::InTheWay { path, what });
    }
    steps.take_of(SetStep::Link, name, || {
        let temporary = name::link_temporary(name);
        set.make_link(&temporary, &link_to(name))?;
        set.rename(&temporary, name).inspect_err(|_| {
            let _ = set.remove(&temporary);
        })
    })?;
    Ok(true)
}

/// Removes the link to a file, or the file there from a time before the set. Returns whether there was one.
pub(super) fn take(set: &Directory, name: &OsStr, steps: &mut SetSteps<'_>) -> Result<bool, WriteError> {
    let path = steps.path_of(name);
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(WriteError::Set { step: SetStep::Link, path, source }),
        Ok(found) => {
            if let Some(what) = unfit(found.file_type()) {
                return Err(WriteError::InTheWay { path, what });
            }
        }
    }
    steps.take_of(SetStep::Link, name, || set.remove(name))
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

/// As for a plain output: neither a folder, pipe, socket or device is replaced, nor a link that leads to one.
fn in_the_way(path: &Path) -> Option<&'static str> {
    let found = fs::symlink_metadata(path).ok()?;
    let end = if found.is_symlink() { fs::metadata(path).ok()? } else { found };
    unfit(end.file_type())
}
