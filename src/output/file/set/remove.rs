//! A removal of some files of a set.

use std::{ffi::OsStr, io, path::Path};

use super::{
    SetStep,
    directory::Directory,
    generation::Generation,
    link,
    member::name_of,
    name,
    old::{self, Retained},
    replace::{Change, Replaced, replace},
    steps::{SetSteps, log_failure},
};
use crate::{
    irreplaceable::{Irreplaceable, KernelFolder},
    output::file::{FileTarget, RemoveError, Removed, SetFolder, WriteError},
};

/// Removes files of one set. Returns one result per file. Blocks on the disk. See `write_set_observed` for the rest.
pub fn remove_set_observed(
    directory: &Path,
    folder: &SetFolder,
    files: &[&FileTarget],
    before: &mut dyn FnMut(SetStep) -> io::Result<()>,
) -> Vec<Result<Removed, RemoveError>> {
    if let Some(kernels) = KernelFolder::behind(&directory.join(name::DATA)) {
        let source = || Irreplaceable::OfTheKernel(kernels).into();
        return files.iter().map(|file| Err(RemoveError { path: file.path.clone(), source: source() })).collect();
    }
    let mut steps = SetSteps { directory, before };
    let gone: Vec<_> = files.iter().map(|wanted| name_of(wanted)).collect();
    let failed = |wanted: &FileTarget, error: &WriteError| RemoveError {
        path: wanted.path.clone(),
        source: io::Error::other(error.to_string()),
    };
    match remove(folder, &gone, &mut steps) {
        Ok(answers) => {
            let answers = files.iter().zip(answers);
            answers.map(|(wanted, answer)| answer.map_err(|error| failed(wanted, &error))).collect()
        }
        Err(error) => files.iter().map(|wanted| Err(failed(wanted, &error))).collect(),
    }
}

/// An error that does not belong to one file is returned for every file.
fn remove(
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
    if let Some(Replaced { files, .. }) = &replaced {
        log_failure(link::take_dangling(&set, files, steps));
    }
    log_failure(steps.take(SetStep::SyncFolder, || set.sync()));
    // 11. Files that existed only there are removed with them.
    let current = replaced.as_ref().map(|replaced| &replaced.draft.made).or(current.as_ref());
    steps.take(SetStep::RemoveOld, || old::remove(&set, current, &Retained::NONE, &mut 0))?;
    let answer = |(link, stood): (Result<bool, WriteError>, bool)| {
        Ok(if link? || stood { Removed::Removed } else { Removed::Missing })
    };
    Ok(links.into_iter().zip(stood).map(answer).collect())
}
