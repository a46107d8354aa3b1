//! A write of some files of a set.

use std::{io, path::Path, time::SystemTime};

use super::{
    SetStep,
    directory::Directory,
    generation::Generation,
    link,
    member::{Member, name_of},
    name,
    old::{self, OLD_GENERATIONS_MAX, Retained},
    outer,
    replace::{Change, Replaced, replace},
    steps::{SetSteps, log_failure},
};
use crate::{
    attributes::{Imposed, ImposedAttributes},
    irreplaceable::{Irreplaceable, KernelFolder},
    output::file::{
        Expected, Published, SetFolder, WriteError, Written, folder,
        look::{Found, look},
    },
};

/// Writes files of one set in one generation. Returns one result per file. Blocks on the disk.
///
/// The time is part of the generation's name, for people. The caller excludes other writers of the set. The observer is
/// called before each step and may fail it or end the process: tests simulate a full disk or a crash between any two
/// steps with it.
pub fn write_set_observed<'o>(
    directory: &Path,
    folder: &SetFolder,
    files: &[(impl Into<Expected<'o>> + Copy, &[u8])],
    issued_at: SystemTime,
    before: &mut dyn FnMut(SetStep) -> io::Result<()>,
) -> Vec<Result<Published, WriteError>> {
    let expected: Vec<(Expected<'o>, &[u8])> = files.iter().map(|(file, bytes)| ((*file).into(), *bytes)).collect();
    let members: Vec<_> =
        expected.iter().map(|(wanted, bytes)| Member { wanted: *wanted, name: name_of(wanted.file), bytes }).collect();
    if let Some(kernels) = KernelFolder::behind(&directory.join(name::DATA)) {
        let what = Irreplaceable::OfTheKernel(kernels);
        let refused = |member: &Member<'_>| Err(WriteError::Unfit { path: member.wanted.file.path.clone(), what });
        return members.iter().map(refused).collect();
    }
    let mut steps = SetSteps { directory, before };
    write(folder, &members, issued_at, &mut steps)
        .unwrap_or_else(|error| members.iter().map(|_| Err(error.again())).collect())
}

/// An error that does not belong to one file is returned for every file.
fn write(
    folder: &SetFolder,
    members: &[Member<'_>],
    issued_at: SystemTime,
    steps: &mut SetSteps<'_>,
) -> Result<Vec<Result<Published, WriteError>>, WriteError> {
    // 1.
    let SetContents { set, current, is_open, imposed_on_folder, found } = look_at(folder, members, steps)?;
    let lacks: Vec<_> = found.iter().map(Option::is_none).collect();
    let is_current = is_open && !lacks.contains(&true);
    let set = match set {
        Some(set) if is_current => set,
        // 2.
        Some(_) | None => make(folder, steps)?,
    };
    // 3 to 9.
    let mut replaced = None;
    if !is_current {
        let puts = members.iter().zip(&lacks).filter(|(_, lacks)| **lacks).map(|(member, _)| *member);
        let change = Change { puts: &puts.collect::<Vec<_>>(), gone: &[], folder };
        match replace(&set, current.as_ref(), &change, || name::generation(issued_at), steps) {
            Ok(done) => replaced = Some(done),
            // Readers keep the files that they have already.
            Err(error) => {
                let unchanged = |(member, found): (&Member<'_>, Option<FoundFile>)| match found {
                    Some(FoundFile { imposed }) if is_open && link::is_right(&set, member.name) => {
                        let imposed = Imposed::of(imposed, imposed_on_folder);
                        Ok(Published { written: Written::Unchanged, imposed })
                    }
                    Some(_) | None => Err(error.again()),
                };
                return Ok(members.iter().zip(found).map(unchanged).collect());
            }
        }
    }
    // 10.
    let links: Vec<_> = members.iter().map(|member| link::put(&set, member.name, steps)).collect();
    let mut any_link = links.iter().any(|link| matches!(link, Ok(true)));
    if let Some(Replaced { files, .. }) = &replaced {
        for name in files.iter().filter(|name| members.iter().all(|member| member.name != *name)) {
            // An obstacle to another credential's link is reported when that credential is written.
            any_link |= link::put(&set, name, steps).unwrap_or(false);
        }
        any_link |= log_failure(link::take_dangling(&set, files, steps)).unwrap_or(false);
    }
    if any_link {
        log_failure(steps.take(SetStep::SyncFolder, || set.sync()));
    }
    // 11.
    if let Some(Replaced { draft, .. }) = &replaced {
        let previous = current.as_ref().map(|previous| previous.name.as_os_str());
        let kept = if folder.keep_previous.is_zero() {
            Retained::NONE
        } else {
            Retained { previous, others: OLD_GENERATIONS_MAX - usize::from(previous.is_some()) }
        };
        log_failure(steps.take(SetStep::RemoveOld, || old::remove(&set, Some(&draft.made), &kept, &mut 0)));
    }
    let opened = replaced.is_some() && !is_open;
    let imposed_on_folder = replaced.as_ref().map_or(imposed_on_folder, |replaced| replaced.imposed_on_folder);
    let mut imposed_on_puts = replaced.into_iter().flat_map(|replaced| replaced.imposed_on_puts);
    let answer = |(link, found): (Result<bool, WriteError>, Option<FoundFile>)| {
        let imposed_on_file = match found {
            Some(FoundFile { imposed }) => imposed,
            None => imposed_on_puts.next().flatten(),
        };
        let touched = link? || found.is_none() || opened;
        let written = if touched { Written::Written } else { Written::Unchanged };
        Ok(Published { written, imposed: Imposed::of(imposed_on_file, imposed_on_folder) })
    };
    Ok(links.into_iter().zip(found).map(answer).collect())
}

/// The state that step 1 found.
struct SetContents {
    /// `None` if there is none, or none that can be opened: the next steps make it, or name the trouble.
    set: Option<Directory>,
    current: Option<Generation>,
    /// Whether the current generation's folder lets in whom it should.
    is_open: bool,
    /// What the file system imposed on that folder.
    imposed_on_folder: Option<ImposedAttributes>,
    /// Each file; `None` if the current generation lacks it in the wanted form.
    found: Vec<Option<FoundFile>>,
}

/// A file that is as it should be.
#[derive(Clone, Copy)]
struct FoundFile {
    imposed: Option<ImposedAttributes>,
}

fn look_at(folder: &SetFolder, members: &[Member<'_>], steps: &mut SetSteps<'_>) -> Result<SetContents, WriteError> {
    let directory = steps.directory;
    let mut seen = SetContents {
        set: None,
        current: None,
        is_open: false,
        imposed_on_folder: None,
        found: vec![None; members.len()],
    };
    let in_the_way = steps.take(SetStep::Look, || {
        let Ok(set) = Directory::open(directory) else { return Ok(None) };
        let in_the_way = link::in_the_way_of_data(&set)?;
        if let Some(current) = Generation::current(&set)? {
            let generation = directory.join(&current.name);
            let found = |member: &Member<'_>| match look(&generation.join(member.name), member.wanted, member.bytes) {
                Found::Same(imposed) => Some(FoundFile { imposed }),
                Found::Different | Found::Unfit(_) | Found::Unseen => None,
            };
            seen.found = members.iter().map(found).collect();
            let known = members.iter().find_map(|member| member.wanted.imposed_on_folder());
            seen.is_open = current.is_open_as(folder, known)?;
            seen.imposed_on_folder = current.imposed(folder)?.filter(|_| seen.is_open);
            seen.current = Some(current);
        }
        seen.set = Some(set);
        Ok(in_the_way)
    })?;
    match in_the_way {
        Some(what) => Err(WriteError::InTheWay { path: directory.join(name::DATA), what }),
        None => Ok(seen),
    }
}

fn make(folder: &SetFolder, steps: &mut SetSteps<'_>) -> Result<Directory, WriteError> {
    let directory = steps.directory;
    steps.take(SetStep::MakeFolders, || {
        folder::make(directory, folder.new_folder())?;
        let set = Directory::open(directory)?;
        outer::adjust(&set, folder)?;
        Ok(set)
    })
}
