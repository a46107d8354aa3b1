//! Whether an output still holds what was written to it.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::{
    Content, FileOutput, FileTarget,
    look::{Found, look},
    name::Place,
    render::render,
    set,
    target::Expected,
};
use crate::file_id::FileId;

/// The identity of a file when it was found unchanged: while it is the same, the file need not be read again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileStamp {
    id: FileId,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The condition of a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// As it was written, as far as can be seen. The stamp was taken before the file was read.
    Right(Option<FileStamp>),
    /// Anything else: in words that follow "was".
    Altered(&'static str),
}

/// Looks at a file. One that is as its stamp says is not read. Blocks on the disk.
pub(in crate::output) fn inspect(output: FileOutput<'_>, content: &Content<'_>, stamp: Option<FileStamp>) -> Condition {
    let file = output.target;
    let Ok(place) = Place::of(file) else { return Condition::Right(None) };
    let target = match &file.set {
        None => place.target(),
        Some(folder) => match set::standing(place, folder, output.expected().imposed_on_folder()) {
            Ok(Some((target, true))) => target,
            Ok(Some((_, false))) => return Condition::Altered("made unreachable"),
            Ok(None) => return Condition::Altered("deleted"),
            Err(_) => return Condition::Right(None),
        },
    };
    let now = FileStamp::of(&target);
    if now.is_some() && now == stamp {
        return Condition::Right(now);
    }
    // The next write reports content that cannot be rendered.
    let Ok(rendered) = render(output.format, content) else { return Condition::Right(None) };
    match look(&target, output.expected(), rendered.bytes()) {
        Found::Same(_) => Condition::Right(now),
        // No program has changed it. Without a stamp it is looked at again.
        Found::Unseen => Condition::Right(None),
        Found::Different if now.is_none() => Condition::Altered("deleted"),
        Found::Different => Condition::Altered("changed"),
        Found::Unfit(_) => Condition::Altered("replaced by something that is no file"),
    }
}

/// Whether a file is as it was when it was last found right; false where that is not known.
pub(in crate::output) fn is_unchanged_since(wanted: Expected<'_>, stamp: Option<FileStamp>) -> bool {
    let file = wanted.file;
    let Ok(place) = Place::of(file) else { return false };
    let target = match &file.set {
        None => Some(place.target()),
        Some(folder) => {
            let standing = set::standing(place, folder, wanted.imposed_on_folder()).ok().flatten();
            standing.and_then(|(target, is_reached)| is_reached.then_some(target))
        }
    };
    let now = target.and_then(|target| FileStamp::of(&target));
    now.is_some() && now == stamp
}

/// The folders in which a change of this file shows.
pub(in crate::output) fn watched_folders(file: &FileTarget) -> impl Iterator<Item = PathBuf> + use<> {
    let folder = file.path.parent().map(Path::to_path_buf);
    let generation = file.set.as_ref().and_then(|_| set::current(&file.path));
    [folder, generation].into_iter().flatten()
}

/// The paths under which a change of this file shows.
pub(in crate::output) fn watched_files(file: &FileTarget) -> impl Iterator<Item = PathBuf> + use<> {
    let generation = file.set.as_ref().and_then(|_| set::current(&file.path));
    let in_generation = generation.as_ref().zip(file.path.file_name()).map(|(folder, name)| folder.join(name));
    [Some(file.path.clone()), in_generation, generation].into_iter().flatten()
}

impl FileStamp {
    fn of(target: &Path) -> Option<Self> {
        let found = fs::symlink_metadata(target).ok()?;
        Some(Self {
            id: FileId::of(&found),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }
}
