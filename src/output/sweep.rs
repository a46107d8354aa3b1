//! Sweeping: temporary files that a crash of an earlier run left beside the outputs.

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
    Output, SweepError,
    name::{Place, target_of},
};

/// What a sweep did.
#[derive(Debug, Default)]
pub struct Swept {
    /// How many orphans were removed.
    pub removed: usize,
    /// Folders that could not be swept, or not wholly. None of it keeps a token from being written.
    pub failed: Vec<SweepError>,
}

/// Removes the orphans of these outputs, reading each folder once. Blocks on the disk.
///
/// An orphan has exactly the name of a temporary file of one of the outputs, is a regular file that belongs to this user
/// or to the output's owner, and is locked by no living writer. All else stays. A folder that is missing is clean.
pub fn sweep<'o>(outputs: impl IntoIterator<Item = &'o Output>) -> Swept {
    let mut folders: BTreeMap<&Path, HashMap<&OsStr, &Output>> = BTreeMap::new();
    for output in outputs {
        if let Ok(place) = Place::of(output) {
            folders.entry(place.folder).or_default().insert(place.name, output);
        }
    }
    let mut swept = Swept::default();
    for (folder, outputs) in folders {
        if let Err(source) = sweep_folder(folder, &outputs, &mut swept.removed) {
            swept.failed.push(SweepError { folder: folder.to_owned(), source });
        }
    }
    swept
}

/// Goes on after a file that cannot be removed, and answers with the first trouble.
fn sweep_folder(folder: &Path, outputs: &HashMap<&OsStr, &Output>, removed: &mut usize) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let mut trouble = Ok(());
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(output) = target_of(&name).and_then(|target| outputs.get(target)) else { continue };
        match is_orphan(&entry, output).and_then(|orphan| if orphan { take_away(&entry) } else { Ok(false) }) {
            Ok(gone) => *removed += usize::from(gone),
            Err(error) => trouble = trouble.and(Err(error)),
        }
    }
    trouble
}

/// A crash after step 5 of a write leaves a file that is the output's owner's already.
fn is_orphan(entry: &DirEntry, output: &Output) -> io::Result<bool> {
    let found = match entry.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        found => found?,
    };
    let ours = found.uid() == geteuid().as_raw() || Some(found.uid()) == output.owner;
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
