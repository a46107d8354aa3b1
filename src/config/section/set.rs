//! `sets`: folders whose files change as one.

use std::path::{Path, PathBuf};

use crate::{
    config::{
        diagnostics::{Diagnostics, Location},
        model::{Credential, KeyDirectory, Set},
        path_conflicts::{PathConflicts, Purpose},
        reader::Field,
        value::{mode, owner, path},
    },
    output::{SetFolder, Target},
};

/// A set as it is written. What it does not say comes from its outputs.
pub(in crate::config) struct Written {
    directory: PathBuf,
    location: Location,
    mode: Option<u32>,
    group: Option<u32>,
}

/// Reads one entry.
pub(in crate::config) fn read(
    field: &Field,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Written> {
    let mut fields = field.fields(diagnostics)?;
    let directory = fields.require("directory", EXAMPLE, diagnostics).and_then(|field| {
        let directory = directory(&field, diagnostics)?;
        conflicts.note(Purpose::Set, Some(&directory), &field.location);
        Some((directory, field.location))
    });
    let group = fields.take("group", diagnostics).and_then(|field| owner::group(&field, diagnostics));
    let mode = fields.take("mode", diagnostics).and_then(|field| mode::read_of_folder(&field, diagnostics));
    fields.finish(diagnostics);
    let (directory, location) = directory?;
    Some(Written { directory, location, mode, group })
}

fn directory(field: &Field, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    let directory = field.text(diagnostics).and_then(|text| path::folder(&text, diagnostics))?;
    if directory.to_string_lossy().contains(path::NAME_MARK) {
        let what = "`{name}` stands for a name in the outputs of `credentialsFrom` only";
        diagnostics.mistake(&field.location, what, "write the folder itself, and `{name}` in the names of files");
        return None;
    }
    Some(directory)
}

/// Tells the outputs in each set's folder that they are its files.
pub(in crate::config) fn gather(
    sets: Vec<Written>,
    credentials: &mut [Option<Credential>],
    key_directories: &mut [Option<KeyDirectory>],
    diagnostics: &mut Diagnostics,
) -> Vec<Set> {
    let mut files: Vec<_> = credentials
        .iter_mut()
        .flatten()
        .chain(key_directories.iter_mut().flatten().map(|directory| &mut directory.pattern))
        .flat_map(|credential| &mut credential.outputs)
        .map(|output| match &mut output.target {
            Target::File(file) => file,
        })
        .collect();
    let mut gathered = Vec::with_capacity(sets.len());
    for Written { directory, location, mode, group } in sets {
        let is_mine = |path: &Path| path.parent() == Some(&directory);
        let mut mine: Vec<_> = files.iter_mut().filter(|file| is_mine(&file.path)).collect();
        let group = group.or_else(|| mine.iter().find_map(|file| file.group));
        let folder = SetFolder { mode: mode.unwrap_or(MODE_DEFAULT), group };
        for file in &mut mine {
            file.set = Some(folder.clone());
        }
        if mine.is_empty() {
            let remedy = "write an output right in this folder, or take the set away";
            diagnostics.warning(&location, "no output is in it", remedy);
        }
        gathered.push(Set { directory, folder });
    }
    gathered
}

/// Of the folder of a generation, if the set names none.
pub(in crate::config) const MODE_DEFAULT: u32 = 0o750;

const EXAMPLE: &str = "write such as `directory: /run/tokenwell/app`";
