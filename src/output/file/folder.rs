//! The folders of outputs: made when missing, and synced so that a name in them outlives a loss of power.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::{
        fd::{AsFd, AsRawFd},
        unix::fs::{DirBuilderExt, OpenOptionsExt},
    },
    path::Path,
};

use rustix::{
    fs::{AtFlags, CWD, Mode, OFlags, chmodat, fstat, openat},
    io::Errno,
};

use super::{
    ownership::{own, permit_folder},
    target::{FOLDER_MODE, NewFolder},
};
use crate::irreplaceable::{Irreplaceable, KernelFolder};

/// Makes the folder and its missing parents, which are 0750. Existing folders are left unchanged, and nothing is made in a folder of the
/// kernel.
pub(super) fn make(folder: &Path, wanted: NewFolder) -> io::Result<()> {
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => return Err(Errno::NOTDIR.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(kernels) = KernelFolder::behind(folder) {
        return Err(Irreplaceable::OfTheKernel(kernels).into());
    }
    if let Some(above) = folder.parent() {
        make(above, NewFolder { mode: FOLDER_MODE, ..wanted })?;
    }
    match DirBuilder::new().mode(FOLDER_MODE & wanted.mode).create(folder) {
        Ok(()) => finish(folder, wanted).inspect_err(|_| {
            // Otherwise the next attempt would take the unfinished folder for one that another program made so.
            let _ = fs::remove_dir(folder);
        }),
        // Another output's write made it meanwhile. A link to nothing stays an error.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Gives a new folder its group, so that readers can pass through it, then its mode, which the umask may have cut.
fn finish(folder: &Path, wanted: NewFolder) -> io::Result<()> {
    let opened = open_made(CWD, folder)?;
    own(&opened, None, wanted.group)?;
    permit_folder(&opened, wanted.mode)?;
    folder.parent().map_or(Ok(()), sync)
}

/// Opens a folder that this process made just now; a link is not followed. Where the umask took the maker's own rights
/// away, they are given back first, by way of a descriptor that needs none.
pub(super) fn open_made(at: impl AsFd, folder: &Path) -> io::Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(&at, folder, flags | OFlags::RDONLY, Mode::empty()) {
        Err(Errno::ACCESS) => {
            let path = openat(&at, folder, flags | OFlags::PATH, Mode::empty())?;
            let descriptor = format!("/proc/self/fd/{}", path.as_raw_fd());
            let inherited = Mode::from_raw_mode(fstat(&path)?.st_mode) & Mode::SGID;
            chmodat(CWD, descriptor, Mode::RWXU | inherited, AtFlags::empty())?;
            Ok(openat(&at, folder, flags | OFlags::RDONLY, Mode::empty())?.into())
        }
        opened => Ok(opened?.into()),
    }
}

/// Syncs a folder. Success where there is nothing to be had: file systems that know no sync of folders, and folders that
/// may be written but not read.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    let synced = open(folder, OFlags::empty()).and_then(|opened| opened.sync_all());
    synced.or_else(|error| match Errno::from_io_error(&error) {
        Some(Errno::INVAL | Errno::NOTSUP | Errno::ACCESS) => Ok(()),
        Some(_) | None => Err(error),
    })
}

fn open(folder: &Path, flags: OFlags) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags((flags | OFlags::DIRECTORY).bits().cast_signed()).open(folder)
}
