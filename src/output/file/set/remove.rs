//! A removal of some files of a set.

use std::{ffi::OsStr, io};

use super::{
    SetStep,
    directory::Directory,
    generation::Generation,
    link, name,
    old::{self, Retained},
    replace::{Change, replace},
    step::SetSteps,
    told,
};
use crate::output::file::{Removed, SetFolder, WriteError};

/// An error that is not of one file alone is every file's.
pub(super) fn remove(
    folder: &SetFolder,
    gone: &[&OsStr],
    steps: &mut SetSteps<'_>,
) -> Result<Vec<Result<Removed, WriteError>>, WriteError> {
    let directory = steps.directory;
    // 1.
    let (set, current) = match steps.take(SetStep::Look, || {
        let set = Directory::open(directory)?;
        let current = Generation::current(&set)?;
        Ok((set, current))
    }) {
        Err(WriteError::Set { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(gone.iter().map(|_| Ok(Removed::Missing)).collect());
        }
        looked => looked?,
    };
    let stood = |name: &&OsStr| match &current {
        Some(current) => steps.take_of(SetStep::Look, name, || Ok(current.directory.stat(name)?.is_some())),
        None => Ok(false),
    };
    let stood = gone.iter().map(stood).collect::<Result<Vec<_>, _>>()?;
    let mut replaced = None;
    if let Some(current) = current.as_ref().filter(|_| stood.contains(&true)) {
        // 3 to 9.
        let change = Change { puts: &[], gone, folder };
        replaced = Some(replace(&set, Some(current), &change, || name::successor(&current.name), steps)?);
    }
    // 10.
    let links: Vec<_> = gone.iter().map(|name| link::take(&set, name, steps)).collect();
    if let Some((_, files)) = &replaced {
        told(link::take_dangling(&set, files, steps));
    }
    told(steps.take(SetStep::SyncFolder, || set.sync()));
    // 11. Whatever stood only there is gone with them.
    let current = replaced.as_ref().map(|(draft, _)| &draft.made).or(current.as_ref());
    steps.take(SetStep::RemoveOld, || old::remove(&set, current, &Retained::NONE, &mut 0))?;
    let answer = |(link, stood): (Result<bool, WriteError>, bool)| {
        Ok(if link? || stood { Removed::Removed } else { Removed::Missing })
    };
    Ok(links.into_iter().zip(stood).map(answer).collect())
}
