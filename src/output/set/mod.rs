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
//! 7. Make the new `..data` under a fresh temporary name. What an earlier crash left under another is in nobody's way.
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
mod step;

use std::{
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tracing::warn;

pub use self::step::SetStep;
use self::{
    directory::Directory,
    generation::{Draft, Generation},
    old::Kept,
    step::Steps,
};
use super::{
    Output, RemoveError, Removed, SetFolder, WriteError, Written, folder,
    look::{Found, look},
    name::Place,
};

/// Writes files of one set, in one generation; answers for each. Blocks on the disk.
///
/// The time is for the name of the generation, and for people. The caller keeps other writers of the set away. The
/// observer is called before each step and may fail it, or end the process: this is how tests meet a full disk or a crash
/// between any two steps.
pub fn write_set_observed(
    directory: &Path,
    folder: &SetFolder,
    files: &[(&Output, &[u8])],
    issued_at: SystemTime,
    before: &mut dyn FnMut(SetStep) -> io::Result<()>,
) -> Vec<Result<Written, WriteError>> {
    let members: Vec<_> = files.iter().map(|(output, bytes)| Member { output, name: name_of(output), bytes }).collect();
    let mut steps = Steps { directory, before };
    write(folder, &members, issued_at, &mut steps)
        .unwrap_or_else(|error| members.iter().map(|_| Err(error.again())).collect())
}

/// Removes files of one set; answers for each. Blocks on the disk. See [`write_set_observed`] for the rest.
pub fn remove_set_observed(
    directory: &Path,
    folder: &SetFolder,
    files: &[&Output],
    before: &mut dyn FnMut(SetStep) -> io::Result<()>,
) -> Vec<Result<Removed, RemoveError>> {
    let mut steps = Steps { directory, before };
    let gone: Vec<_> = files.iter().map(|output| name_of(output)).collect();
    let failed = |output: &Output, error: &WriteError| RemoveError {
        path: output.path.clone(),
        source: io::Error::other(error.to_string()),
    };
    match remove(folder, &gone, &mut steps) {
        Ok(answers) => {
            let answers = files.iter().zip(answers);
            answers.map(|(output, answer)| answer.map_err(|error| failed(output, &error))).collect()
        }
        Err(error) => files.iter().map(|output| Err(failed(output, &error))).collect(),
    }
}

/// Removes what is not current, and what a crash left. Counts the generations and links that were. A folder that is missing is
/// clean.
pub(super) fn sweep(directory: &Path, removed: &mut usize) -> io::Result<()> {
    let set = match Directory::open(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        set => set?,
    };
    let current = Generation::current(&set)?;
    old::remove_temporary_links(&set, removed)?;
    old::remove(&set, current.as_ref(), &Kept::NONE, removed)
}

/// Where a file of a set itself stands, if it is in the current generation; and whether readers reach it as they should.
pub(super) fn standing(place: Place<'_>, folder: &SetFolder) -> Option<(PathBuf, bool)> {
    let set = Directory::open(place.folder).ok()?;
    let current = Generation::current(&set).ok()??;
    let is_reached = link::is_right(&set, place.name) && current.is_open_as(folder).unwrap_or(false);
    Some((place.folder.join(&current.name).join(place.name), is_reached))
}

/// A file and what it is to hold.
#[derive(Clone, Copy)]
struct Member<'w> {
    output: &'w Output,
    name: &'w OsStr,
    bytes: &'w [u8],
}

/// What step 1 saw.
struct Seen {
    /// `None` if there is none, or none that can be opened: the next steps make it, or name the trouble.
    set: Option<Directory>,
    current: Option<Generation>,
    /// Whether the current generation's folder lets in whom it should.
    is_open: bool,
    /// Of each file, whether the current generation lacks it as it should be.
    lacks: Vec<bool>,
}

/// An error that is not of one file alone is every file's.
fn write(
    folder: &SetFolder,
    members: &[Member<'_>],
    issued_at: SystemTime,
    steps: &mut Steps<'_>,
) -> Result<Vec<Result<Written, WriteError>>, WriteError> {
    // 1.
    let Seen { set, current, is_open, lacks } = look_at(folder, members, steps)?;
    let is_current = is_open && !lacks.contains(&true);
    let set = match set {
        Some(set) if is_current => set,
        // 2.
        Some(_) | None => make(folder, steps)?,
    };
    // 3 to 9.
    let mut replaced = None;
    if !is_current {
        let puts = members.iter().zip(&lacks).filter(|(_, lacks)| **lacks).map(|(member, _)| *member);
        let change = Change { puts: &puts.collect::<Vec<_>>(), gone: &[], folder };
        match replace(&set, current.as_ref(), &change, || name::generation(issued_at), steps) {
            Ok(done) => replaced = Some(done),
            // What readers have already, they keep.
            Err(error) => {
                let stands = |(member, lacks): (&Member<'_>, &bool)| {
                    let stands = is_open && !lacks && link::is_right(&set, member.name);
                    if stands { Ok(Written::Unchanged) } else { Err(error.again()) }
                };
                return Ok(members.iter().zip(&lacks).map(stands).collect());
            }
        }
    }
    // 10.
    let links: Vec<_> = members.iter().map(|member| link::put(&set, member.name, steps)).collect();
    let mut any_link = links.iter().any(|link| matches!(link, Ok(true)));
    if let Some((_, files)) = &replaced {
        for name in files.iter().filter(|name| members.iter().all(|member| member.name != *name)) {
            // What stands in the way of another credential's link is told when that one is written.
            any_link |= link::put(&set, name, steps).unwrap_or(false);
        }
        any_link |= told(link::take_dangling(&set, files, steps)).unwrap_or(false);
    }
    if any_link {
        told(steps.take(SetStep::SyncFolder, || set.sync()));
    }
    // 11.
    if let Some((draft, _)) = &replaced {
        let previous = current.as_ref().map(|previous| previous.name.as_os_str());
        let kept = Kept { previous, others: OLD_GENERATIONS_MAX - usize::from(previous.is_some()) };
        told(steps.take(SetStep::RemoveOld, || old::remove(&set, Some(&draft.made), &kept, &mut 0)));
    }
    let opened = replaced.is_some() && !is_open;
    let answer = |(link, lacked): (Result<bool, WriteError>, bool)| {
        let touched = link? || lacked || opened;
        Ok(if touched { Written::Written } else { Written::Unchanged })
    };
    Ok(links.into_iter().zip(lacks).map(answer).collect())
}

/// As for [`write`].
fn remove(
    folder: &SetFolder,
    gone: &[&OsStr],
    steps: &mut Steps<'_>,
) -> Result<Vec<Result<Removed, WriteError>>, WriteError> {
    let directory = steps.directory;
    // 1.
    let (set, current) = match steps.take(SetStep::Look, || {
        let set = Directory::open(directory)?;
        let current = Generation::current(&set)?;
        Ok((set, current))
    }) {
        Err(WriteError::Set { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(gone.iter().map(|_| Ok(Removed::Missing)).collect());
        }
        looked => looked?,
    };
    let stood = |name: &&OsStr| match &current {
        Some(current) => steps.take_of(SetStep::Look, name, || Ok(current.directory.stat(name)?.is_some())),
        None => Ok(false),
    };
    let stood = gone.iter().map(stood).collect::<Result<Vec<_>, _>>()?;
    let mut replaced = None;
    if let Some(current) = current.as_ref().filter(|_| stood.contains(&true)) {
        // 3 to 9.
        let change = Change { puts: &[], gone, folder };
        replaced = Some(replace(&set, Some(current), &change, || name::successor(&current.name), steps)?);
    }
    // 10.
    let links: Vec<_> = gone.iter().map(|name| link::take(&set, name, steps)).collect();
    if let Some((_, files)) = &replaced {
        told(link::take_dangling(&set, files, steps));
    }
    told(steps.take(SetStep::SyncFolder, || set.sync()));
    // 11. Whatever stood only there is gone with them.
    let current = replaced.as_ref().map(|(draft, _)| &draft.made).or(current.as_ref());
    steps.take(SetStep::RemoveOld, || old::remove(&set, current, &Kept::NONE, &mut 0))?;
    let answer = |(link, stood): (Result<bool, WriteError>, bool)| {
        Ok(if link? || stood { Removed::Removed } else { Removed::Missing })
    };
    Ok(links.into_iter().zip(stood).map(answer).collect())
}

fn look_at(folder: &SetFolder, members: &[Member<'_>], steps: &mut Steps<'_>) -> Result<Seen, WriteError> {
    let directory = steps.directory;
    let mut seen = Seen { set: None, current: None, is_open: false, lacks: vec![true; members.len()] };
    let in_the_way = steps.take(SetStep::Look, || {
        let Ok(set) = Directory::open(directory) else { return Ok(None) };
        let in_the_way = link::in_the_way_of_data(&set)?;
        if let Some(current) = Generation::current(&set)? {
            let generation = directory.join(&current.name);
            let lacks = |member: &Member<'_>| match look(&generation.join(member.name), member.output, member.bytes) {
                Found::Same => false,
                Found::Different | Found::Unfit(_) => true,
            };
            seen.lacks = members.iter().map(lacks).collect();
            seen.is_open = current.is_open_as(folder)?;
            seen.current = Some(current);
        }
        seen.set = Some(set);
        Ok(in_the_way)
    })?;
    match in_the_way {
        Some(what) => Err(WriteError::InTheWay { path: directory.join(name::DATA), what }),
        None => Ok(seen),
    }
}

fn make(folder: &SetFolder, steps: &mut Steps<'_>) -> Result<Directory, WriteError> {
    let directory = steps.directory;
    steps.take(SetStep::MakeFolders, || {
        folder::make(directory, folder.group)?;
        Directory::open(directory)
    })
}

/// What is different in the next generation.
struct Change<'w> {
    puts: &'w [Member<'w>],
    gone: &'w [&'w OsStr],
    folder: &'w SetFolder,
}

/// Steps 3 to 9. Answers with the new generation and the names of its files.
fn replace<'s>(
    set: &'s Directory,
    current: Option<&Generation>,
    change: &Change<'_>,
    new_name: impl Fn() -> OsString,
    steps: &mut Steps<'_>,
) -> Result<(Draft<'s>, Vec<OsString>), WriteError> {
    let files = steps.take(SetStep::Look, || current.map_or(Ok(Vec::new()), Generation::files))?;
    // 3.
    let mut draft = steps.take(SetStep::MakeGeneration, || Draft::make(set, new_name))?;
    // 4.
    for member in change.puts {
        draft.put(member, steps)?;
    }
    // 5.
    if let Some(current) = current {
        let is_changed =
            |name: &OsString| change.gone.contains(&name.as_os_str()) || change.puts.iter().any(|put| put.name == name);
        for name in files.iter().filter(|name| !is_changed(name)) {
            draft.carry_over(current, name, steps)?;
        }
    }
    // 6.
    let files = draft.open_up(change.folder, steps)?;
    // 7, 8.
    link::swap(set, &draft.made.name, steps)?;
    draft.keep();
    // 9.
    if let Err(error) = steps.take(SetStep::SyncFolder, || set.sync()) {
        warn!("{error}; the new generation is in place, but a loss of power now may bring back the old one");
    }
    Ok((draft, files))
}

/// Says what went wrong beside the matter itself.
fn told<T>(done: Result<T, WriteError>) -> Option<T> {
    done.inspect_err(|error| warn!("{error}")).ok()
}

fn name_of(output: &Output) -> &OsStr {
    output.path.file_name().unwrap_or_default()
}

/// How many generations stay beside the current one after a write: a reader may have opened one just before.
pub(super) const OLD_GENERATIONS_MAX: usize = 4;

/// How much of a folder is looked at in search of what is ours.
const DIRECTORY_ENTRIES_MAX: usize = 65_536;
