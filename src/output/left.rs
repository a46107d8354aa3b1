//! What an earlier process left in an output's file.

use std::{
    fs::OpenOptions,
    io::{self, Read},
    mem,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::{
    Format, Output, folder,
    look::{Found, look},
    name::Place,
    set,
};
use crate::{fingerprint::Fingerprint, secret::Secret, session::JWT_BYTES_MAX};

/// What stands in an output's file.
#[derive(Debug)]
pub enum Left {
    /// The token, in a file that is as wanted.
    Intact(Secret),
    /// The token, but with another mode or owner.
    Drifted(Secret),
    /// Anything else, or nothing.
    Other,
}

/// Looks for a token by its fingerprint. Blocks on the disk; a link is not followed.
pub fn left(output: &Output, token: Fingerprint) -> Left {
    let Ok(place) = Place::of(output) else { return Left::Other };
    let (target, is_reached) = match &output.set {
        None => (place.target(), true),
        // Before its set is written for the first time, there may be a file from a time before the set.
        Some(folder) => set::standing(place, folder).unwrap_or_else(|| (place.target(), false)),
    };
    let Some(found) = read(&target).ok().filter(|found| found.fingerprint() == token) else { return Left::Other };
    let bytes = match output.format {
        Format::Jwt => found.expose().as_bytes(),
    };
    match look(&target, output, bytes) {
        Found::Same if is_reached => Left::Intact(found),
        Found::Same | Found::Different | Found::Unfit(_) => Left::Drifted(found),
    }
}

/// Makes the folder of an output if it is missing, as a write would.
pub fn make_folder(output: &Output) -> io::Result<()> {
    folder::make(Place::of(output)?.folder, output.folder_group())
}

fn read(target: &Path) -> io::Result<Secret> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(target)?;
    let found = file.metadata()?;
    let size = usize::try_from(found.len()).unwrap_or(usize::MAX);
    if !found.is_file() || size > JWT_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // Of the very size, so that no copy is left behind by growing or shrinking.
    let mut text = Zeroizing::new(String::with_capacity(size));
    file.take(found.len()).read_to_string(&mut text)?;
    Ok(Secret::new(mem::take(&mut text)))
}
