//! Tokens that an earlier process left in the files of outputs.
//!
//! A token is found in a file of any format, the one that was configured then or another: see [`super::candidates`]. Whether
//! the file is as it should be is another question, which rendering the session anew answers. A template that hides the token (in base64, say, or with a dot after
//! it) keeps it from being found; if no other output holds it, that costs one exchange.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::{
    Content, FileOutput, FileTarget,
    candidates::{jwts, opaque_tokens},
    folder,
    look::{Found, look},
    name::Place,
    render::{RENDERED_BYTES_MAX, render},
    set,
    target::Expected,
    written_token::written_token,
};
use crate::{fingerprint::Fingerprint, secret::Secret};

/// The token of that fingerprint, if the file holds it. Blocks on the disk.
pub(in crate::output) fn find_token(file: &FileTarget, token: Fingerprint) -> Option<Secret> {
    let (target, _) = standing(file.into(), Place::of(file).ok()?);
    let bytes = read(&target).ok()?;
    jwts(&bytes).chain(opaque_tokens(&bytes)).find(|found| found.fingerprint() == token)
}

/// The token in the file by the format of the output, and when the file was written. Blocks on the disk.
pub(in crate::output) fn token(output: FileOutput<'_>) -> Option<(Secret, SystemTime)> {
    let (target, _) = standing(output.expected(), Place::of(output.target).ok()?);
    let written_at = fs::symlink_metadata(&target).and_then(|found| found.modified()).ok()?;
    Some((written_token(output.format, &read(&target).ok()?)?, written_at))
}

/// Everything in the file that may be a JWT, and when the file was written. Blocks on the disk.
pub(in crate::output) fn tokens(file: &FileTarget) -> Option<(Vec<Secret>, SystemTime)> {
    let (target, _) = standing(file.into(), Place::of(file).ok()?);
    let written_at = fs::symlink_metadata(&target).and_then(|found| found.modified()).ok()?;
    Some((jwts(&read(&target).ok()?).collect(), written_at))
}

/// Whether the file holds exactly this content, with the mode and owner that are wanted or imposed, where readers find it. Blocks on
/// the disk.
pub(in crate::output) fn is_intact(output: FileOutput<'_>, content: &Content<'_>) -> bool {
    let file = output.target;
    let (Ok(place), Ok(rendered)) = (Place::of(file), render(output.format, content)) else { return false };
    let (target, is_reached) = standing(output.expected(), place);
    is_reached && matches!(look(&target, output.expected(), rendered.bytes()), Found::Same(_))
}

/// Makes the folder of a file if it is missing, as a write would.
pub(in crate::output) fn make_folder(file: &FileTarget) -> io::Result<()> {
    folder::make(Place::of(file)?.folder, file.new_folder())
}

/// The file itself, and whether readers reach it as they should.
fn standing(wanted: Expected<'_>, place: Place<'_>) -> (PathBuf, bool) {
    match &wanted.file.set {
        None => (place.target(), true),
        // Before its set is written for the first time, there may be a file from a time before the set.
        Some(folder) => {
            let standing = set::standing(place, folder, wanted.imposed_on_folder()).ok().flatten();
            standing.unwrap_or_else(|| (place.target(), false))
        }
    }
}

/// Everything in a file that may be a token, as fingerprints. A link is followed, because the file may be a person's copy. Blocks on
/// the disk.
pub(in crate::output) fn fingerprints(file: &Path) -> io::Result<Vec<Fingerprint>> {
    let bytes = read_with(file, OFlags::empty())?;
    Ok(jwts(&bytes).chain(opaque_tokens(&bytes)).map(|found| found.fingerprint()).collect())
}

/// A link is not followed.
fn read(target: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    read_with(target, OFlags::NOFOLLOW)
}

fn read_with(target: &Path, links: OFlags) -> io::Result<Zeroizing<Vec<u8>>> {
    let flags = links | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(target)?;
    let found = file.metadata()?;
    let size = usize::try_from(found.len()).unwrap_or(usize::MAX);
    if !found.is_file() || size > RENDERED_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // The buffer has the exact size, so growing or shrinking leaves no copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(size));
    file.take(found.len()).read_to_end(&mut bytes)?;
    Ok(bytes)
}
