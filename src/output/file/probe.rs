//! Whether an output can be written, tried with a file that is none: beside the target, with its owner and mode, and
//! removed again. The target itself, and a set's files, are not touched.
//!
//! It takes the steps of a write, so it reports an obstacle in the same words.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statfs, statvfs, statx},
    io::Errno,
    process::geteuid,
};

use super::{
    FileTarget, Step, WriteError,
    name::Place,
    not_kept,
    ownership::{own, permit, read_back},
    set,
    write::create_beside,
};
use crate::{
    attributes::{Imposed, ImposedAttributes},
    irreplaceable::Irreplaceable,
};

/// An output that can be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probed {
    /// The folder that is to be made, if its folder is missing: the uppermost of those.
    pub to_be_made: Option<PathBuf>,
    /// The free space.
    pub room: Room,
    /// What the file system imposes on its file.
    pub imposed: Option<Imposed>,
}

/// A file system as far as tokens are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// For this user.
    pub bytes_free: u64,
    /// For this user; `None` where files are not counted.
    pub files_free: Option<u64>,
    /// Whether what is written there is gone with the machine's power.
    pub in_memory: bool,
}

/// Tries. The error is that of a write. Blocks on the disk.
pub fn probe(wanted: &FileTarget) -> Result<Probed, WriteError> {
    let failed = |step, path: &Path, source: io::Error| WriteError::Failed { step, path: path.to_owned(), source };
    let place = Place::of(wanted).map_err(|source| failed(Step::Look, &wanted.path, source))?;
    let target = place.target();
    let is_in_the_way = |what: &Irreplaceable| wanted.set.is_none() || matches!(what, Irreplaceable::OfTheKernel(_));
    if let Some(what) = Irreplaceable::at(&target).filter(is_in_the_way) {
        return Err(WriteError::Unfit { path: target, what });
    }
    let nearest = nearest(place.folder).map_err(|source| failed(Step::MakeFolders, place.folder, source))?;
    let made = if nearest.missing.is_some() {
        let made = Made::below(&nearest.folder, wanted.new_folder().group);
        Some(made.map_err(|source| failed(Step::MakeFolders, place.folder, source))?)
    } else {
        None
    };
    let folder = made.as_ref().map_or(place.folder, |made| made.0.as_path());
    let imposed = if let Some(set_folder) = &wanted.set {
        set::probe(folder, place.folder, set_folder, wanted)?
    } else {
        let imposed = probe_beside(wanted, Place { folder, name: place.name })?;
        is_replaceable(&target, place.folder).map_err(|errno| failed(Step::Rename, &target, errno.into()))?;
        Imposed::of(imposed, None)
    };
    let room = room(&nearest.folder).map_err(|source| failed(Step::Look, place.folder, source))?;
    Ok(Probed { to_be_made: nearest.missing, room, imposed })
}

/// A folder that is there, and the first one below it that is not.
pub(super) struct NearestFolder {
    folder: PathBuf,
    missing: Option<PathBuf>,
}

pub(super) fn nearest(folder: &Path) -> io::Result<NearestFolder> {
    let mut missing = None;
    let mut at = folder;
    loop {
        match fs::metadata(at) {
            Ok(found) if found.is_dir() => return Ok(NearestFolder { folder: at.to_owned(), missing }),
            Ok(_) => return Err(Errno::NOTDIR.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // A link that leads nowhere is in the way of a folder.
                if fs::symlink_metadata(at).is_ok() {
                    return Err(Errno::EXIST.into());
                }
                missing = Some(at.to_owned());
                at = at.parent().ok_or(error)?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// A temporary folder in place of the missing one. It is removed when it is dropped.
struct Made(PathBuf);

impl Made {
    fn below(folder: &Path, group: Option<u32>) -> io::Result<Self> {
        let create = |path: &Path| DirBuilder::new().mode(FOLDER_MODE).create(path);
        let named = tempfile::Builder::new().prefix(FOLDER_PREFIX).disable_cleanup(true).make_in(folder, create)?;
        let made = Self(named.path().to_owned());
        own(&File::open(&made.0)?, None, group)?;
        Ok(made)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Steps 3 to 7 of a write, and the end of the file.
fn probe_beside(wanted: &FileTarget, place: Place<'_>) -> Result<Option<ImposedAttributes>, WriteError> {
    // Errors name the paths of the configuration.
    let named = wanted.path.parent().unwrap_or(place.folder);
    let failed = |step, source| {
        let path = if step == Step::CreateTemporary { named } else { &wanted.path };
        WriteError::Failed { step, path: path.to_owned(), source }
    };
    let mut file = create_beside(place).map_err(|source| failed(Step::CreateTemporary, source))?;
    file.as_file_mut().write_all(CONTENT).map_err(|source| failed(Step::WriteContent, source))?;
    own(file.as_file(), wanted.owner, wanted.group).map_err(|source| failed(Step::SetOwner, source))?;
    permit(file.as_file(), wanted.mode).map_err(|source| failed(Step::SetMode, source))?;
    file.as_file().sync_all().map_err(|source| failed(Step::SyncFile, source))?;
    let read_back = read_back(file.as_file(), wanted.attributes());
    let imposed = read_back.map_err(|source| failed(Step::Look, source))?;
    not_kept::check(imposed, wanted)?;
    Ok(imposed)
}

/// Whether the rename of step 8 would be allowed to replace the file at the target.
fn is_replaceable(target: &Path, folder: &Path) -> Result<(), Errno> {
    let Ok(found) = fs::symlink_metadata(target) else { return Ok(()) };
    if is_mount_point(target) {
        return Err(Errno::BUSY);
    }
    let me = geteuid().as_raw();
    let is_sticky = |folder: &fs::Metadata| folder.mode() & STICKY != 0 && folder.uid() != me;
    let is_anothers = me != 0 && found.uid() != me;
    if is_anothers && fs::metadata(folder).is_ok_and(|folder| is_sticky(&folder)) { Err(Errno::PERM) } else { Ok(()) }
}

/// Whether the entry at a path is the root of a mount, so that nothing can be renamed over it; false on kernels before 5.8,
/// which do not say so. Blocks on the disk.
pub fn is_mount_point(path: &Path) -> bool {
    let found = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty());
    found.is_ok_and(|about| about.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

fn room(folder: &Path) -> io::Result<Room> {
    let (about, kind) = (statvfs(folder)?, statfs(folder)?.f_type);
    Ok(Room {
        bytes_free: about.f_bavail.saturating_mul(about.f_frsize),
        files_free: (about.f_files > 0).then_some(about.f_favail),
        in_memory: is_of_memory(kind),
    })
}

/// Whether what is written in a folder is lost when the machine restarts. Judges a missing one by its nearest existing parent.
/// Blocks on the disk.
pub fn is_in_memory(folder: &Path) -> bool {
    folder.ancestors().find_map(|folder| statfs(folder).ok()).is_some_and(|about| is_of_memory(about.f_type))
}

fn is_of_memory(kind: impl Into<i128>) -> bool {
    IN_MEMORY.contains(&kind.into())
}

const CONTENT: &[u8] = b"written by `tokenwell check --online`, and removed again\n";
const FOLDER_PREFIX: &str = ".tokenwell-check.";
const FOLDER_MODE: u32 = 0o700;
const STICKY: u32 = 0o1000;
/// `statfs(2)`: tmpfs and ramfs.
const IN_MEMORY: [i128; 2] = [0x0102_1994, 0x8584_58f6];
