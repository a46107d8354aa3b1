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
use crate::{
    attributes::ImposedAttributes,
    output::file::{SetFolder, WriteError, not_kept},
};

/// The changes in the next generation.
pub(super) struct Change<'w> {
    pub(super) puts: &'w [Member<'w>],
    pub(super) gone: &'w [&'w OsStr],
    pub(super) folder: &'w SetFolder,
}

/// A generation that has become the current one.
pub(super) struct Replaced<'s> {
    pub(super) draft: Draft<'s>,
    /// The names of its files.
    pub(super) files: Vec<OsString>,
    /// What the file system imposed on each file that was put in, in the order of the change.
    pub(super) imposed_on_puts: Vec<Option<ImposedAttributes>>,
    /// What it imposed on the folder.
    pub(super) imposed_on_folder: Option<ImposedAttributes>,
}

/// Puts a new generation in the place of the current one.
pub(super) fn replace<'s>(
    set: &'s Directory,
    current: Option<&Generation>,
    change: &Change<'_>,
    new_name: impl Fn() -> OsString,
    steps: &mut SetSteps<'_>,
) -> Result<Replaced<'s>, WriteError> {
    let files = steps.take(SetStep::Look, || current.map_or(Ok(Vec::new()), Generation::files))?;
    // 3.
    let mut draft = steps.take(SetStep::MakeGeneration, || Draft::make(set, new_name))?;
    // 4.
    let mut imposed_on_puts = Vec::with_capacity(change.puts.len());
    for member in change.puts {
        imposed_on_puts.push(draft.put(member, steps)?);
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
    let imposed_on_folder = draft.open_up(change.folder, steps)?;
    for member in change.puts {
        not_kept::check(imposed_on_folder, member.wanted.file)?;
    }
    let files = draft.sync(steps)?;
    // 7, 8.
    link::swap(set, &draft.made.name, steps)?;
    draft.keep();
    // 9.
    if let Err(error) = steps.take(SetStep::SyncFolder, || set.sync()) {
        warn!("{error}; the new generation is in place, but a loss of power now may bring back the old one");
    }
    Ok(Replaced { draft, files, imposed_on_puts, imposed_on_folder })
}
