//! The file that is locked where the folder itself cannot be.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use rustix::fs::OFlags;

use crate::output::file::ownership::{own, permit};

/// Opens a folder's lock file, or makes it. What is no regular file is not locked, and not acted on.
pub(super) fn open(folder: &Path) -> io::Result<File> {
    let path = &folder.join(LOCK_FILE);
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
pub(super) fn open_to_look(folder: &Path) -> io::Result<File> {
    let path = &folder.join(LOCK_FILE);
    let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(no_file());
    }
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

fn no_file() -> io::Error {
    io::Error::other(format!("`{LOCK_FILE}` is no file there"))
}

/// The name of the lock file where a folder itself cannot be locked. Names that begin with `..` are skipped by programs that read
/// volumes of Kubernetes.
pub const LOCK_FILE: &str = "..tokenwell.lock";

const OWNER_READS_AND_WRITES: u32 = 0o600;
const GROUP_READS_AND_WRITES: u32 = 0o060;
const GROUP_WRITES: u32 = 0o020;
