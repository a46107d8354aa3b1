//! `outputs`: the files that a session is written to.

use std::path::PathBuf;

use super::format;
use crate::{
    config::{
        diagnostics::Diagnostics,
        fields::Fields,
        path_conflicts::{PathConflicts, Purpose},
        reader::Field,
        value::{mode, owner, path},
    },
    output::{FileTarget, Output, Target},
};

/// Whose outputs they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::config) enum Whose {
    /// One credential's: a path is a path.
    One,
    /// Those of every key of a folder: `{name}` in a path keeps them apart.
    EachKey,
}

/// Reads the outputs of a credential: at least one.
pub(in crate::config) fn read_all(
    fields: &mut Fields,
    whose: Whose,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Output>> {
    let field = fields.require("outputs", whose.example(), diagnostics)?;
    let items = field.items(diagnostics);
    if items.is_empty() && field.is_empty_list() {
        diagnostics.mistake(&field.location, "no output is named", whose.example());
    }
    // Every one is read before any is given up for a mistake in another.
    let outputs: Vec<_> = items.iter().map(|item| read(item, whose, conflicts, diagnostics)).collect();
    outputs.into_iter().collect()
}

fn read(field: &Field, whose: Whose, conflicts: &mut PathConflicts, diagnostics: &mut Diagnostics) -> Option<Output> {
    let mut fields = field.fields(diagnostics)?;
    let path = fields
        .require("path", whose.path_example(), diagnostics)
        .and_then(|field| path(&field, whose, conflicts, diagnostics));
    let mut file = FileTarget::at(PathBuf::new());
    let format = format::read(&mut fields, conflicts, diagnostics);
    if let Some(mode) = fields.take("mode", diagnostics).and_then(|field| mode::read(&field, diagnostics)) {
        file.mode = mode;
    }
    file.owner = fields.take("owner", diagnostics).and_then(|field| owner::user(&field, diagnostics));
    file.group = fields.take("group", diagnostics).and_then(|field| owner::group(&field, diagnostics));
    fields.finish(diagnostics);
    Some(Output { format: format?, target: Target::File(FileTarget { path: path?, ..file }) })
}

fn path(field: &Field, whose: Whose, conflicts: &mut PathConflicts, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    let path = path::file(field, diagnostics)?;
    conflicts.note(Purpose::Output, Some(&path), &field.location);
    let has_mark = path.to_string_lossy().contains(path::NAME_MARK);
    match (whose, has_mark) {
        (Whose::One, false) | (Whose::EachKey, true) => Some(path),
        (Whose::One, true) => {
            let remedy = "write the name itself";
            diagnostics.mistake(&field.location, "`{name}` stands for a name in `credentialsFrom` only", remedy);
            None
        }
        (Whose::EachKey, false) => {
            let what = "no `{name}` is in it: every key of the folder would write the same file";
            diagnostics.mistake(&field.location, what, "put `{name}` where the name of the key file belongs");
            None
        }
    }
}

impl Whose {
    fn path_example(self) -> &'static str {
        match self {
            Self::One => "write such as `path: /run/tokenwell/billing.jwt`",
            Self::EachKey => "write such as `path: \"/run/tokenwell/{name}.jwt\"`",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::One => "write such as `outputs: [{path: /run/tokenwell/billing.jwt}]`",
            Self::EachKey => "write such as `outputs: [{path: \"/run/tokenwell/{name}.jwt\"}]`",
        }
    }
}
