//! Removes the file of an output (`onExpiry: remove`).

use std::{fs, io};

use tracing::warn;

use super::{FileTarget, RemoveError, folder, name::Place};
use crate::irreplaceable::Irreplaceable;

/// The result of a removal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Removed {
    /// The file is gone.
    Removed,
    /// There was none.
    Missing,
}

/// Removes the output's file. Blocks on the disk. A link is removed itself. What is no regular file, and a link to
/// such, is refused.
pub fn remove(file: &FileTarget) -> Result<Removed, RemoveError> {
    let failed = |source| RemoveError { path: file.path.clone(), source };
    let place = Place::of(file).map_err(failed)?;
    let target = place.target();
    let missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    if let Some(irreplaceable) = Irreplaceable::at(&target) {
        let why = format!("it is {irreplaceable}; tokenwell removes files only: remove it by hand, or change the path");
        return Err(failed(io::Error::other(why)));
    }
    match fs::remove_file(&target) {
        Err(error) if missing(&error) => return Ok(Removed::Missing),
        Err(error) => return Err(failed(error)),
        Ok(()) => {}
    }
    if let Err(error) = folder::sync(place.folder) {
        let path = place.folder.display();
        warn!("cannot sync folder `{path}` to disk: {error}; a loss of power may bring back a removed token file");
    }
    Ok(Removed::Removed)
}
