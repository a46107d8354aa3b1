//! `sets`: folders whose files change atomically together.

use std::{
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    config::{
        diagnostics::{Diagnostics, Location},
        model::{Credential, KeyDirectory, Set},
        path_conflicts::PathConflicts,
        path_use::Purpose,
        reader::Field,
        value::{duration, mode, owner, path},
    },
    output::{ExistingFolder, SetFolder, Target},
};

/// A set as written. Its outputs provide what is missing.
pub(in crate::config) struct Written {
    directory: PathBuf,
    location: Location,
    mode: Option<u32>,
    group: Option<u32>,
    keep_previous: Option<Duration>,
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
        conflicts.record(Purpose::Set, Some(&directory), &field.location);
        Some((directory, field.location))
    });
    let group = fields.take("group", diagnostics).and_then(|field| owner::group(&field, diagnostics));
    let mode = fields.take("mode", diagnostics).and_then(|field| mode::read_of_folder(&field, diagnostics));
    let keep_previous =
        fields.take("keepPrevious", diagnostics).and_then(|field| duration::read(&field, &KEEP_PREVIOUS, diagnostics));
    fields.finish(diagnostics);
    let (directory, location) = directory?;
    Some(Written { directory, location, mode, group, keep_previous })
}

fn directory(field: &Field, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    let directory = field.text(diagnostics).and_then(|text| path::folder(&text, diagnostics))?;
    if directory.to_string_lossy().contains(path::NAME_PLACEHOLDER) {
        let what = "`{name}` is replaced in outputs of `credentialsFrom` only";
        diagnostics.mistake(&field.location, what, "write the folder itself, and put `{name}` into the file names");
        return None;
    }
    Some(directory)
}

/// Marks the outputs in each set's folder as its files.
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
    for Written { directory, location, mode, group, keep_previous } in sets {
        let is_mine = |path: &Path| path.parent() == Some(&directory);
        let mut mine: Vec<_> = files.iter_mut().filter(|file| is_mine(&file.path)).collect();
        let group = group.or_else(|| mine.iter().find_map(|file| file.group));
        let usual = SetFolder::new(MODE_DEFAULT, group);
        let folder = SetFolder {
            mode: mode.unwrap_or(usual.mode),
            existing: mode.map_or(usual.existing, |_| ExistingFolder::Adjust),
            keep_previous: keep_previous.unwrap_or(usual.keep_previous),
            ..usual
        };
        for file in &mut mine {
            file.set = Some(folder.clone());
        }
        if mine.is_empty() {
            let remedy = "write an output directly into this folder, or remove the set";
            diagnostics.warning(&location, "no output is in it", remedy);
        }
        gathered.push(Set { directory, folder });
    }
    gathered
}

/// How long an old generation may stay. Its tokens are replaced ones: longer than sessions live by default, a reader would find tokens that
/// have expired.
pub(in crate::config) const KEEP_PREVIOUS: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(600);

/// The default mode of the folders.
const MODE_DEFAULT: u32 = 0o750;

const EXAMPLE: &str = "write something like `directory: /run/tokenwell/app`";
