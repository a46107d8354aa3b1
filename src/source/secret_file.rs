//! Reads the bytes of a secret file, with a size limit.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use rustix::{fs::OFlags, io::Errno};
use zeroize::Zeroizing;

use super::unusable::Unusable;
use crate::blocking::{Access, at_file};

/// Reads a whole file of at most `bytes_max` bytes, following links. Blocks on the disk, but never on a pipe or a device.
///
/// The buffer is zeroed when dropped and never grows, because growing would leave copies. A read during an in-place
/// rewrite may return part of a secret, which looks like a secret. The daemon reads again at the next event.
pub(super) fn read(path: &Path, bytes_max: usize) -> Result<Zeroizing<Vec<u8>>, Unusable> {
    at_file(Access::Read, path);
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    // A socket cannot be opened at all, nor a device without a driver.
    let mut file = opened.map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::NXIO | Errno::NODEV) => Unusable::NotAFile,
        Some(Errno::NOENT) => Unusable::Missing,
        Some(_) | None => Unusable::Unreadable(error),
    })?;
    if !file.metadata().map_err(Unusable::Unreadable)?.is_file() {
        return Err(Unusable::NotAFile);
    }
    let mut bytes = Zeroizing::new(vec![0; bytes_max + 1]);
    let mut length = 0;
    while length < bytes.len() {
        match file.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Unusable::Unreadable(error)),
        }
    }
    if length > bytes_max {
        return Err(Unusable::TooLong { bytes_max });
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Whether group or others may write the file that the path leads to. Read access for others is not checked, because
/// Kubernetes mounts Secrets with mode 0644. A file whose metadata cannot be read counts as not writable.
pub fn writable_by_others(path: &Path) -> bool {
    at_file(Access::Read, path);
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o022 != 0)
}
