//! `sets`: folders whose files change as one.

use std::path::{Path, PathBuf};

use crate::{
    config::{
        meant::{Credential, KeyDirectory, Set},
        notes::{Notes, Spot},
        reader::Field,
        uses::{Purpose, Uses},
        value::{mode, owner, path},
    },
    output::SetFolder,
};

/// A set as it is written. What it does not say comes from its outputs.
pub(in crate::config) struct Written {
    directory: PathBuf,
    spot: Spot,
    mode: Option<u32>,
    group: Option<u32>,
}

/// Reads one entry.
pub(in crate::config) fn read(field: &Field, uses: &mut Uses, notes: &mut Notes) -> Option<Written> {
    let mut fields = field.fields(notes)?;
    let directory = fields.require("directory", EXAMPLE, notes).and_then(|field| {
        let directory = directory(&field, notes)?;
        uses.note(Purpose::Set, Some(&directory), &field.spot);
        Some((directory, field.spot))
    });
    let group = fields.take("group", notes).and_then(|field| owner::group(&field, notes));
    let mode = fields.take("mode", notes).and_then(|field| mode::read_of_folder(&field, notes));
    fields.finish(notes);
    let (directory, spot) = directory?;
    Some(Written { directory, spot, mode, group })
}

fn directory(field: &Field, notes: &mut Notes) -> Option<PathBuf> {
    let directory = field.text(notes).and_then(|text| path::folder(&text, notes))?;
    if directory.to_string_lossy().contains(path::NAME_MARK) {
        let what = "`{name}` stands for a name in the outputs of `credentialsFrom` only";
        notes.mistake(&field.spot, what, "write the folder itself, and `{name}` in the names of files");
        return None;
    }
    Some(directory)
}

/// Tells the outputs in each set's folder that they are its files.
pub(in crate::config) fn gather(
    sets: Vec<Written>,
    credentials: &mut [Option<Credential>],
    key_directories: &mut [Option<KeyDirectory>],
    notes: &mut Notes,
) -> Vec<Set> {
    let mut outputs: Vec<_> = credentials
        .iter_mut()
        .flatten()
        .chain(key_directories.iter_mut().flatten().map(|directory| &mut directory.pattern))
        .flat_map(|credential| &mut credential.outputs)
        .collect();
    let mut gathered = Vec::with_capacity(sets.len());
    for Written { directory, spot, mode, group } in sets {
        let is_mine = |path: &Path| path.parent() == Some(&directory);
        let mut mine: Vec<_> = outputs.iter_mut().filter(|output| is_mine(&output.path)).collect();
        let group = group.or_else(|| mine.iter().find_map(|output| output.group));
        let folder = SetFolder { mode: mode.unwrap_or(MODE_DEFAULT), group };
        for output in &mut mine {
            output.set = Some(folder.clone());
        }
        if mine.is_empty() {
            let remedy = "write an output right in this folder, or take the set away";
            notes.warning(&spot, "no output is in it", remedy);
        }
        gathered.push(Set { directory, folder });
    }
    gathered
}

/// Of the folder of a generation, if the set names none.
pub(in crate::config) const MODE_DEFAULT: u32 = 0o750;

const EXAMPLE: &str = "write such as `directory: /run/tokenwell/app`";
