//! What is in the way of an output now, found without a write.

use rustix::io::Errno;

use super::{FileTarget, Step, WriteError, name::Place, probe::nearest, set};
use crate::irreplaceable::Irreplaceable;

/// Returns what a write would not replace now, as the error of that write: at the path of the output, in place of a folder above it,
/// or where its set has `..data`. `None` also for what this process may not look up. Blocks on the disk.
pub fn obstacle(wanted: &FileTarget) -> Option<WriteError> {
    let place = Place::of(wanted).ok()?;
    let target = place.target();
    let found = Irreplaceable::at(&target);
    if let Some(what @ Irreplaceable::OfTheKernel(_)) = found {
        return Some(WriteError::Unfit { path: target, what });
    }
    if let Err(source) = nearest(place.folder) {
        let is_no_folder = matches!(Errno::from_io_error(&source), Some(Errno::NOTDIR | Errno::EXIST));
        let path = place.folder.to_owned();
        return is_no_folder.then_some(WriteError::Failed { step: Step::MakeFolders, path, source });
    }
    if wanted.set.is_none() {
        return found.map(|what| WriteError::Unfit { path: target, what });
    }
    let found = found.map(|what| (target, what)).or_else(|| set::in_place_of_data(place.folder));
    found.map(|(path, what)| WriteError::InTheWay { path, what })
}
