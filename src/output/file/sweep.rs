//! Sweeping: what a crash of an earlier run left beside the outputs, and generations of sets that are no longer current.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsStr,
    fs::{self, DirEntry, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use rustix::{
    fs::{FlockOperation, OFlags, flock},
    io::Errno,
    process::geteuid,
};

use super::{
    FileTarget, Locks, SweepError,
    name::{Place, target_of},
    set,
};

/// The result of a sweep.
#[derive(Debug, Default)]
pub struct Swept {
    /// How many files, links and generations were removed.
    pub removed: usize,
    /// Folders that could not be swept, or not wholly. None of it keeps a token from being written.
    pub failed: Vec<SweepError>,
}

/// Removes the orphans of these outputs, reading each folder once. Blocks on the disk.
///
/// An orphan has exactly the name of a temporary file of one of the outputs, is a regular file that belongs to this user
/// or to the output's owner, and is locked by no living writer. All else stays. A folder that is missing is clean.
///
/// Of a set goes what is not current; but nothing while another process has the set, or while this one has written to it
/// and its own writes see to that.
pub fn sweep<'o>(outputs: impl IntoIterator<Item = &'o FileTarget>, locks: &Locks) -> Swept {
    let mut folders: BTreeMap<&Path, HashMap<&OsStr, &FileTarget>> = BTreeMap::new();
    for file in outputs {
        if let Ok(place) = Place::of(file) {
            folders.entry(place.folder).or_default().insert(place.name, file);
        }
    }
    let mut swept = Swept::default();
    for (folder, outputs) in folders {
        let files = sweep_folder(folder, &outputs, &mut swept.removed);
        let mut members = outputs.into_values().filter(|file| file.set.is_some());
        let is_swept_otherwise = locks.has_set(folder);
        let set = match members.next() {
            Some(member) if !is_swept_otherwise => sweep_set(folder, member, 0, locks, &mut swept.removed),
            Some(_) | None => Ok(()),
        };
        if let Err(source) = files.and(set) {
            swept.failed.push(SweepError { folder: folder.to_owned(), source });
        }
    }
    swept
}

/// Removes old generations from the set that each of these outputs is in, all but the current one and so many newest. Blocks as a write
/// does.
///
/// For when readers that had opened an older generation are done. Where another process has the set, nothing is done.
pub fn tidy<'o>(outputs: impl IntoIterator<Item = (&'o FileTarget, usize)>, locks: &Locks) -> Swept {
    let mut swept = Swept::default();
    for (file, newest) in outputs.into_iter().filter(|(file, _)| file.set.is_some()) {
        let Ok(place) = Place::of(file) else { continue };
        if let Err(source) = sweep_set(place.folder, file, newest, locks, &mut swept.removed) {
            swept.failed.push(SweepError { folder: place.folder.to_owned(), source });
        }
    }
    swept
}

/// A thread that is writing to the set right now is not waited for: its generation is followed by another removal.
fn sweep_set(folder: &Path, member: &FileTarget, newest: usize, locks: &Locks, removed: &mut usize) -> io::Result<()> {
    if locks.claim(member).is_err() {
        return Ok(());
    }
    locks.if_idle(folder, || set::sweep(folder, newest, removed)).unwrap_or(Ok(()))
}

/// Goes on after a file that cannot be removed, and answers with the first trouble.
fn sweep_folder(folder: &Path, outputs: &HashMap<&OsStr, &FileTarget>, removed: &mut usize) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let mut trouble = Ok(());
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(file) = target_of(&name).and_then(|target| outputs.get(target)) else { continue };
        match is_orphan(&entry, file).and_then(|orphan| if orphan { take_away(&entry) } else { Ok(false) }) {
            Ok(gone) => *removed += usize::from(gone),
            Err(error) => trouble = trouble.and(Err(error)),
        }
    }
    trouble
}

/// A crash after step 5 of a write leaves a file that is the output's owner's already.
fn is_orphan(entry: &DirEntry, file: &FileTarget) -> io::Result<bool> {
    let found = match entry.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        found => found?,
    };
    let ours = found.uid() == geteuid().as_raw() || Some(found.uid()) == file.owner;
    Ok(found.is_file() && ours && !is_locked(&entry.path()))
}

/// Another process (`once` beside `run`) may be in the middle of its write. What cannot be opened or locked for another
/// reason has no writer that we could know of.
fn is_locked(path: &Path) -> bool {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let Ok(file) = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path) else {
        return false;
    };
    flock(&file, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK)
}

fn take_away(entry: &DirEntry) -> io::Result<bool> {
    match fs::remove_file(entry.path()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
