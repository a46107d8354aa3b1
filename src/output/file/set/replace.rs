//! Steps 3 to 9: the next generation in the place of the current one.

use std::ffi::{OsStr, OsString};

use tracing::warn;

use super::{
    SetStep,
    directory::Directory,
    generation::{Draft, Generation},
    link,
    member::Member,
    steps::SetSteps,
};
use crate::output::file::{SetFolder, WriteError};

/// The changes in the next generation.
pub(super) struct Change<'w> {
    pub(super) puts: &'w [Member<'w>],
    pub(super) gone: &'w [&'w OsStr],
    pub(super) folder: &'w SetFolder,
}

/// Returns the new generation and the names of its files.
pub(super) fn replace<'s>(
    set: &'s Directory,
    current: Option<&Generation>,
    change: &Change<'_>,
    new_name: impl Fn() -> OsString,
    steps: &mut SetSteps<'_>,
) -> Result<(Draft<'s>, Vec<OsString>), WriteError> {
    let files = steps.take(SetStep::Look, || current.map_or(Ok(Vec::new()), Generation::files))?;
    // 3.
    let mut draft = steps.take(SetStep::MakeGeneration, || Draft::make(set, new_name))?;
    // 4.
    for member in change.puts {
        draft.put(member, steps)?;
    }
    // 5.
    if let Some(current) = current {
        let is_changed =
            |name: &OsString| change.gone.contains(&name.as_os_str()) || change.puts.iter().any(|put| put.name == name);
        for name in files.iter().filter(|name| !is_changed(name)) {
            draft.carry_over(current, name, steps)?;
        }
    }
    // 6.
    let files = draft.open_up(change.folder, steps)?;
    // 7, 8.
    link::swap(set, &draft.made.name, steps)?;
    draft.keep();
    // 9.
    if let Err(error) = steps.take(SetStep::SyncFolder, || set.sync()) {
        warn!("{error}; the new generation is in place, but a loss of power now may bring back the old one");
    }
    Ok((draft, files))
}
