//! Where readers find the current generation of a set, and a file in it.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{directory::Directory, generation::Generation, link, name};
use crate::{
    attributes::ImposedAttributes,
    output::file::{SetFolder, name::Place},
};

/// The path of a file in the current generation, if there is one, and whether readers reach it as they should. Fails if
/// the set cannot be read.
pub(in crate::output::file) fn standing(
    place: Place<'_>,
    folder: &SetFolder,
    imposed: Option<&ImposedAttributes>,
) -> io::Result<Option<(PathBuf, bool)>> {
    let set = match Directory::open(place.folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        set => set?,
    };
    let Some(current) = Generation::current(&set)? else { return Ok(None) };
    let is_reached = link::is_right(&set, place.name) && current.is_open_as(folder, imposed)?;
    Ok(Some((place.folder.join(&current.name).join(place.name), is_reached)))
}

/// The path by which readers reach the current generation of the set that this file is in.
pub(in crate::output::file) fn current(file: &Path) -> Option<PathBuf> {
    file.parent().map(|directory| directory.join(name::DATA))
}
