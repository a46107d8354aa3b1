//! A folder's lock file, and the locks that this process holds in it.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    sync::Arc,
};

use rustix::fs::OFlags;

use super::{
    held::{Claimed, Held, Holder},
    range::{Range, offset},
};
use crate::{
    file_id::FileId,
    output::file::{
        name::Place,
        ownership::{own, permit},
    },
};

/// A folder's lock file and the locks that this process holds in it.
#[derive(Debug)]
pub(super) struct LockFile {
    pub(super) id: FileId,
    /// Closing any descriptor of the file drops every lock of this process in it.
    pub(super) file: Arc<File>,
    plain: HashSet<i64>,
    members: HashSet<i64>,
}

impl LockFile {
    /// With nothing held yet.
    pub(super) fn new(id: FileId, file: Arc<File>) -> Self {
        Self { id, file, plain: HashSet::new(), members: HashSet::new() }
    }

    /// An error of the system means that there are no locks here.
    pub(super) fn claim(&mut self, place: Place<'_>, claimed: Claimed) -> io::Result<Result<(), Held>> {
        let offset = offset(place.name);
        let (range, held) = match claimed {
            Claimed::Set => (Range::ALL, &mut self.members),
            Claimed::Output | Claimed::StateDirectory => (Range::byte(offset), &mut self.plain),
        };
        if held.contains(&offset) {
            return Ok(Ok(()));
        }
        Ok(match range.lock(&self.file)? {
            Ok(()) => {
                held.insert(offset);
                Ok(())
            }
            Err(holder) => Err(held_by(place, claimed, holder)),
        })
    }

    /// Answers whether nothing is held any more.
    pub(super) fn release(&mut self, place: Place<'_>, claimed: Claimed) -> bool {
        let offset = offset(place.name);
        match claimed {
            Claimed::Set => {
                if self.members.remove(&offset) && self.members.is_empty() {
                    Range::ALL.unlock(&self.file);
                    // The lock of the set lay over these.
                    self.plain.retain(|offset| matches!(Range::byte(*offset).lock(&self.file), Ok(Ok(()))));
                }
            }
            Claimed::Output | Claimed::StateDirectory => {
                if self.plain.remove(&offset) && self.members.is_empty() {
                    Range::byte(offset).unlock(&self.file);
                }
            }
        }
        self.plain.is_empty() && self.members.is_empty()
    }

    /// Whether a set is held.
    pub(super) fn has_set(&self) -> bool {
        !self.members.is_empty()
    }
}

/// Opens a folder's lock file, or makes it. What is no regular file is not locked, and not acted on.
pub(super) fn open(path: &Path, folder: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(flags.bits().cast_signed());
    let standing = |options: &OpenOptions| {
        if fs::symlink_metadata(path)?.is_file() { options.open(path) } else { Err(no_file()) }
    };
    match standing(&options) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
    }
    match options.clone().create_new(true).mode(OWNER_READS_AND_WRITES).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => standing(&options),
        made => {
            let made = made?;
            let of_folder = fs::metadata(folder)?;
            if of_folder.mode() & GROUP_WRITES != 0 && own(&made, None, Some(of_folder.gid())).is_ok() {
                permit(&made, OWNER_READS_AND_WRITES | GROUP_READS_AND_WRITES)?;
            } else {
                permit(&made, OWNER_READS_AND_WRITES)?;
            }
            Ok(made)
        }
    }
}

/// Opens a folder's lock file to ask who has locked it.
pub(super) fn open_to_look(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(no_file());
    }
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// The process that holds the range of a claim.
pub(super) fn holder(file: &File, place: Place<'_>, claimed: Claimed) -> io::Result<Option<Held>> {
    let range = match claimed {
        Claimed::Set => Range::ALL,
        Claimed::Output | Claimed::StateDirectory => Range::byte(offset(place.name)),
    };
    Ok(range.look(file)?.err().map(|holder| held_by(place, claimed, holder)))
}

fn held_by(place: Place<'_>, claimed: Claimed, holder: Option<Holder>) -> Held {
    let path = match claimed {
        Claimed::Output => place.target(),
        Claimed::Set | Claimed::StateDirectory => place.folder.to_owned(),
    };
    Held { path, claimed, holder }
}

fn no_file() -> io::Error {
    io::Error::other(format!("`{LOCK_FILE}` is no file there"))
}

/// The name of the lock file in every folder with outputs.
pub const LOCK_FILE: &str = ".tokenwell.lock";

const OWNER_READS_AND_WRITES: u32 = 0o600;
const GROUP_READS_AND_WRITES: u32 = 0o060;
const GROUP_WRITES: u32 = 0o020;
