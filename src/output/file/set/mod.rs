//! A set: a folder whose files change as one, in generations, as the kubelet does it.
//!
//! ```text
//! DIR/..2026_11_23_15_22_01.kqzvbtah/   a generation: every file of the set, whole
//! DIR/..data -> ..2026_11_23_15_22_01.kqzvbtah
//! DIR/billing.jwt -> ..data/billing.jwt
//! ```
//!
//! A reader that opens `..data` once as a folder, and the files through it, has files of one generation. One that opens
//! `DIR/billing.jwt` has the newest file, whole. A write is of one credential: its files are new in the next generation,
//! and all others are the same as before. So a credential in trouble holds up no other.
//!
//! 1. Look. If the files, their links and `..data` are as wanted, stop. If only links are not, go to step 10.
//! 2. Make missing folders.
//! 3. Make the folder of a new generation: exclusively, and for this process alone.
//! 4. For each file of the write: create it exclusively, write the content, set owner and group, then the mode, sync.
//! 5. Carry every other file over from the current generation: by a hard link, or a copy where that is refused.
//! 6. Set the group of the generation's folder, then its mode, so that readers may enter, and sync it.
//! 7. Make the new `..data` under a fresh temporary name. A link that an earlier crash left under another name does no harm.
//! 8. Rename it over `..data`: the moment of truth. Readers have the old generation or the new one, each whole.
//! 9. Sync the set's folder.
//! 10. Make or repair the links by which readers know the files, each in one step. Remove those whose file is gone.
//! 11. Remove old generations, but for the last few: a reader may have opened one just before step 8.
//!
//! Steps 1 to 8: any failure removes the new generation and leaves the old one current. A crash leaves a folder and a link
//! at most, which [`super::sweep`] finds.
//!
//! Steps 9 to 11: the write has succeeded. A link that cannot be made is an error of that file, which readers do not find;
//! the next attempt makes the link only. What else goes wrong is logged.
//!
//! A removal (`onExpiry: remove`) makes a generation without the file, removes its link, and then all older generations:
//! an ended token is to be had nowhere.
//!
//! Nothing outside the folder is followed or removed, whatever its links say, and in it only what is exactly ours by name
//! and owner. Two writes to one set at a time would undo each other: [`super::Locks`] keeps them apart.

mod directory;
mod generation;
mod link;
mod name;
mod old;
mod probe;
mod remove;
mod replace;
mod step;
mod write;

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tracing::warn;

pub(super) use self::probe::probe;
pub use self::step::SetStep;
use self::{directory::Directory, generation::Generation, old::Retained, remove::remove, step::SetSteps, write::write};
use super::{FileTarget, RemoveError, Removed, SetFolder, WriteError, Written, name::Place};

/// Writes files of one set, in one generation; answers for each. Blocks on the disk.
///
/// The time is for the name of the generation, and for people. The caller keeps other writers of the set away. The
/// observer is called before each step and may fail it, or end the process: this is how tests meet a full disk or a crash
/// between any two steps.
pub fn write_set_observed(
    directory: &Path,
    folder: &SetFolder,
    files: &[(&FileTarget, &[u8])],
    issued_at: SystemTime,
    before: &mut dyn FnMut(SetStep) -> io::Result<()>,
) -> Vec<Result<Written, WriteError>> {
    let members: Vec<_> = files.iter().map(|(wanted, bytes)| Member { wanted, name: name_of(wanted), bytes }).collect();
    let mut steps = SetSteps { directory, before };
    write(folder, &members, issued_at, &mut steps)
        .unwrap_or_else(|error| members.iter().map(|_| Err(error.again())).collect())
}

/// Removes files of one set; answers for each. Blocks on the disk. See [`write_set_observed`] for the rest.
pub fn remove_set_observed(
    directory: &Path,
    folder: &SetFolder,
    files: &[&FileTarget],
    before: &mut dyn FnMut(SetStep) -> io::Result<()>,
) -> Vec<Result<Removed, RemoveError>> {
    let mut steps = SetSteps { directory, before };
    let gone: Vec<_> = files.iter().map(|wanted| name_of(wanted)).collect();
    let failed = |wanted: &FileTarget, error: &WriteError| RemoveError {
        path: wanted.path.clone(),
        source: io::Error::other(error.to_string()),
    };
    match remove(folder, &gone, &mut steps) {
        Ok(answers) => {
            let answers = files.iter().zip(answers);
            answers.map(|(wanted, answer)| answer.map_err(|error| failed(wanted, &error))).collect()
        }
        Err(error) => files.iter().map(|wanted| Err(failed(wanted, &error))).collect(),
    }
}

/// Removes what is not current, and what a crash left, and counts that. A folder that is missing is clean.
pub(super) fn sweep(directory: &Path, removed: &mut usize) -> io::Result<()> {
    let set = match Directory::open(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        set => set?,
    };
    let current = Generation::current(&set)?;
    old::remove_temporary_links(&set, removed)?;
    old::remove(&set, current.as_ref(), &Retained::NONE, removed)
}

/// Where a file of a set itself stands, if there is a generation; and whether readers reach it as they should. An error if that
/// cannot be looked at.
pub(super) fn standing(place: Place<'_>, folder: &SetFolder) -> io::Result<Option<(PathBuf, bool)>> {
    let set = match Directory::open(place.folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        set => set?,
    };
    let Some(current) = Generation::current(&set)? else { return Ok(None) };
    let is_reached = link::is_right(&set, place.name) && current.is_open_as(folder)?;
    Ok(Some((place.folder.join(&current.name).join(place.name), is_reached)))
}

/// The path by which readers reach the current generation of the set that this file is in.
pub(super) fn current(file: &Path) -> Option<PathBuf> {
    file.parent().map(|directory| directory.join(name::DATA))
}

/// A file and what it is to hold.
#[derive(Clone, Copy)]
struct Member<'w> {
    wanted: &'w FileTarget,
    name: &'w OsStr,
    bytes: &'w [u8],
}

/// Says what went wrong beside the matter itself.
fn told<T>(done: Result<T, WriteError>) -> Option<T> {
    done.inspect_err(|error| warn!("{error}")).ok()
}

fn name_of(wanted: &FileTarget) -> &OsStr {
    wanted.path.file_name().unwrap_or_default()
}

/// How many generations stay beside the current one after a write: a reader may have opened one just before.
pub(super) const OLD_GENERATIONS_MAX: usize = 4;

/// How much of a folder is looked at in search of what is ours.
const DIRECTORY_ENTRIES_MAX: usize = 65_536;
