//! What a process opens to lock the outputs of a folder: the folder itself, or a file in it where a folder cannot be locked.

use std::{
    collections::HashSet,
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use rustix::{
    fs::{OFlags, fstatfs},
    io::Errno,
};

use super::{
    folder_range::{self, FolderRange},
    held::Holder,
    identity::{Identity, Slot},
    lock_file::{self, LOCK_FILE},
    posix_range::Range,
};
use crate::file_id::FileId;

/// An open folder or lock file.
#[derive(Debug)]
pub(super) enum Anchor {
    /// The folder, open for reading.
    Folder(File),
    /// The file [`LOCK_FILE`] in it. Closing any descriptor of it drops every lock of this process in it.
    LockFile(File),
}

/// What a claim locks.
#[derive(Clone, Copy)]
pub(super) enum Extent {
    /// One output, by the hash of its name.
    One(u64),
    /// Every output of the folder.
    All,
}

impl Anchor {
    /// Opens the folder, or makes the lock file where that is needed.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let lockable = lockable(folder)?;
        lockable.map_or_else(|| lock_file::open(folder).map(Self::LockFile), |opened| Ok(Self::Folder(opened)))
    }

    /// Opens what the processes at a folder lock, to ask which of them has. Makes nothing.
    pub(super) fn open_to_look(folder: &Path) -> io::Result<Self> {
        let lockable = lockable(folder)?;
        lockable.map_or_else(|| lock_file::open_to_look(folder).map(Self::LockFile), |opened| Ok(Self::Folder(opened)))
    }

    /// Identifies the open folder or file.
    pub(super) fn id(&self) -> io::Result<FileId> {
        match self {
            Self::Folder(file) | Self::LockFile(file) => Ok(FileId::of(&file.metadata()?)),
        }
    }

    /// Identifies what has the same path now; `None` if nothing has.
    pub(super) fn standing(&self, folder: &Path) -> io::Result<Option<FileId>> {
        let found = match self {
            Self::Folder(_) => FileId::of_path(folder),
            Self::LockFile(_) => FileId::of_name(&folder.join(LOCK_FILE)),
        };
        match found {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    /// Locks the extent for this process. If another process holds it, the error is that process; an I/O error means that there are no
    /// locks here.
    pub(super) fn lock(&self, extent: Extent, own: Identity) -> io::Result<Result<(), Option<Holder>>> {
        match self {
            Self::Folder(folder) => extent.in_folder().lock(folder, own),
            Self::LockFile(file) => extent.in_file().lock(file),
        }
    }

    /// Locks outputs by the hashes of their names, beside those that are held. Returns whether it did: if not, each is to be locked
    /// by itself.
    pub(super) fn lock_more(&self, held: &HashSet<u64>, wanted: &HashSet<u64>, own: Identity) -> io::Result<bool> {
        let slots = |hashes: &HashSet<u64>| hashes.iter().map(|hash| Slot::of_hash(*hash)).collect();
        match self {
            Self::Folder(folder) => folder_range::lock_more(folder, own, &slots(held), &slots(wanted)),
            Self::LockFile(_) => Ok(false),
        }
    }

    /// Returns whether another process holds the extent, as [`Anchor::lock`] does, but locks nothing.
    pub(super) fn look(&self, extent: Extent, own: Identity) -> io::Result<Result<(), Option<Holder>>> {
        match self {
            Self::Folder(folder) => extent.in_folder().look(folder, own),
            Self::LockFile(file) => extent.in_file().look(file),
        }
    }

    /// Releases the extent. If that fails, it is released when the process ends.
    pub(super) fn unlock(&self, extent: Extent) {
        match self {
            Self::Folder(folder) => extent.in_folder().unlock(folder),
            Self::LockFile(file) => extent.in_file().unlock(file),
        }
    }
}

/// The locks of a folder belong to its open description, which a child of this process shares until it runs its program. Closing the
/// descriptor here would not end them before.
impl Drop for Anchor {
    fn drop(&mut self) {
        if matches!(self, Self::Folder(_)) {
            self.unlock(Extent::All);
        }
    }
}

impl Extent {
    fn in_folder(self) -> FolderRange {
        match self {
            Self::One(hash) => FolderRange::One(Slot::of_hash(hash)),
            Self::All => FolderRange::All,
        }
    }

    fn in_file(self) -> Range {
        match self {
            Self::One(hash) => Range::byte((hash >> 2).cast_signed()),
            Self::All => Range::ALL,
        }
    }
}

/// Opens a folder if its own locks keep processes apart: not on a file system that other machines may share, whose locks on folders
/// are each machine's own, nor where it cannot be read or has no locks.
fn lockable(folder: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(folder);
    let opened = match opened {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(None),
        opened => opened?,
    };
    if SHARED_BY_MACHINES.contains(&kind_of_file_system(&opened)?) {
        return Ok(None);
    }
    match FolderRange::All.look(&opened, Identity::own()) {
        Ok(_) => Ok(Some(opened)),
        Err(error) => match Errno::from_io_error(&error) {
            Some(Errno::INVAL | Errno::NOLCK | Errno::NOSYS | Errno::NOTSUP | Errno::BADF | Errno::ISDIR) => Ok(None),
            Some(_) | None => Err(error),
        },
    }
}

/// The `f_type` of `statfs(2)`, whose C type differs between machines; no value has more than 32 bits.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
fn kind_of_file_system(opened: &File) -> io::Result<u32> {
    Ok(fstatfs(opened)?.f_type as u32)
}

/// NFS, SMB (three numbers), FUSE (also virtiofs), 9p, AFS (two), Ceph, Lustre, GFS2, OCFS2, GPFS, `OrangeFS`, `BeeGFS`, and the shared
/// folders of `VirtualBox` and `VMware`: the `f_type` of `statfs(2)`.
const SHARED_BY_MACHINES: [u32; 17] = [
    0x6969,
    0x517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x6573_5546,
    0x0102_1997,
    0x5346_414f,
    0x6b41_4653,
    0x00c3_6400,
    0x0bd0_0bd0,
    0x0116_1970,
    0x7461_636f,
    0x4750_4653,
    0x2003_0528,
    0x1983_0326,
    0x786f_4256,
    0xbacb_acbc,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_folder_is_free_though_a_child_shares_it() {
        let folder = tempfile::tempdir().unwrap();
        let lock = |anchor: &Anchor| anchor.lock(Extent::One(5), Identity::own()).unwrap().is_ok();
        let first = Anchor::open(folder.path()).unwrap();
        assert!(lock(&first));
        let Anchor::Folder(file) = &first else { panic!("temporary folders can be locked") };
        let inherited = file.try_clone().unwrap();
        let next = Anchor::open(folder.path()).unwrap();
        assert!(!lock(&next));
        drop(first);
        assert!(lock(&next));
        drop(inherited);
    }
}
