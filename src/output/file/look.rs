//! Step 1 of a write: looks at the file at the target and decides whether it needs to be replaced at all.

use std::{
    fs::{self, Metadata, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rustix::{fs::OFlags, io::Errno};
use zeroize::Zeroizing;

use super::{ownership, target::Expected};
use crate::{attributes::ImposedAttributes, irreplaceable::Irreplaceable};

/// The file at a target.
pub(super) enum Found {
    /// A regular file with the very bytes, mode, owner and group that are wanted, or with what its file system imposed instead.
    Same(Option<ImposedAttributes>),
    /// Nothing, another file, or a link: to be replaced.
    Different,
    /// Something that must not be replaced.
    Unfit(Irreplaceable),
    /// It cannot be looked at. A write goes on: its next steps meet the same trouble and name it.
    Unseen,
}

/// Looks without ever blocking, and without opening what is no regular file: to open a pipe or a device is to act on it.
///
/// A link is replaced and not followed: where it leads may be writable by others, and a rename is atomic only for the
/// name itself. A link that leads to a folder, a pipe, a socket or a device is left alone.
pub(super) fn look(target: &Path, wanted: Expected<'_>, bytes: &[u8]) -> Found {
    let compared = compare(target, wanted, bytes);
    match compared {
        // Whatever is there stays.
        Found::Same(_) => compared,
        Found::Different | Found::Unfit(_) | Found::Unseen => Irreplaceable::at(target).map_or(compared, Found::Unfit),
    }
}

fn compare(target: &Path, wanted: Expected<'_>, bytes: &[u8]) -> Found {
    let found = match fs::symlink_metadata(target) {
        Ok(found) => found,
        Err(error) => return if is_gone(&error) { Found::Different } else { Found::Unseen },
    };
    if !looks_as_wanted(&found, wanted, bytes) {
        return Found::Different;
    }
    match holds(target, wanted, bytes) {
        Ok(true) => Found::Same(wanted.file.attributes().instead(ownership::attributes(&found))),
        Ok(false) => Found::Different,
        Err(error) if is_gone(&error) => Found::Different,
        Err(_) => Found::Unseen,
    }
}

/// Whether an error means that the path has no file, or another one than just before.
fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound, UnexpectedEof};
    matches!(error.kind(), NotFound | NotADirectory | UnexpectedEof) || Errno::from_io_error(error) == Some(Errno::LOOP)
}

fn looks_as_wanted(found: &Metadata, wanted: Expected<'_>, bytes: &[u8]) -> bool {
    let is = ownership::attributes(found);
    found.is_file()
        && wanted.file.attributes().are_met_where_imposed(is, wanted.imposed_on_file())
        && found.len() == bytes.len() as u64
}

/// Compares piece by piece: no more is read than what is wanted, whatever the file has become meanwhile.
fn holds(target: &Path, wanted: Expected<'_>, bytes: &[u8]) -> io::Result<bool> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(target)?;
    if !looks_as_wanted(&file.metadata()?, wanted, bytes) {
        return Ok(false);
    }
    let mut piece = Zeroizing::new([0; PIECE_BYTES]);
    for wanted in bytes.chunks(PIECE_BYTES) {
        let piece = &mut piece[..wanted.len()];
        file.read_exact(piece)?;
        if piece != wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

const PIECE_BYTES: usize = 4096;
