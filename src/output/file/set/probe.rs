//! Whether a set can be written, tried with a generation that never becomes current.

use std::{
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use super::{
    SetStep,
    directory::Directory,
    generation::Draft,
    link,
    member::{Member, name_of},
    name,
    steps::SetSteps,
};
use crate::{
    attributes::Imposed,
    irreplaceable::Irreplaceable,
    output::file::{FileTarget, SetFolder, WriteError, not_kept},
};

/// Steps 1, 3, 4 and 6 of a write, and the end of the generation. `folder` is where it is tried: the set's own, which is
/// `directory`, or one that replaces it.
pub(in crate::output) fn probe(
    folder: &Path,
    directory: &Path,
    set_folder: &SetFolder,
    wanted: &FileTarget,
) -> Result<Option<Imposed>, WriteError> {
    let mut steps = SetSteps { directory, before: &mut |_| Ok(()) };
    let set = steps.take(SetStep::Look, || Directory::open(folder))?;
    if let Some(what) = steps.take(SetStep::Look, || link::in_the_way_of_data(&set))? {
        return Err(WriteError::InTheWay { path: directory.join(name::DATA), what });
    }
    let draft = steps.take(SetStep::MakeGeneration, || Draft::make(&set, || name::generation(UNIX_EPOCH)))?;
    let member = Member { wanted: wanted.into(), name: name_of(wanted), bytes: CONTENT };
    let on_file = draft.put(&member, &mut steps)?;
    let on_folder = draft.open_up(set_folder, &mut steps)?;
    not_kept::check(on_folder, wanted)?;
    draft.sync(&mut steps)?;
    Ok(Imposed::of(on_file, on_folder))
}

/// Returns what is in the place of `..data` of that set, if it is never replaced.
pub(in crate::output) fn in_place_of_data(directory: &Path) -> Option<(PathBuf, Irreplaceable)> {
    let what = link::in_the_way_of_data(&Directory::open(directory).ok()?).ok()??;
    Some((directory.join(name::DATA), what))
}

const CONTENT: &[u8] = b"written by `tokenwell check --online`, and removed again\n";
