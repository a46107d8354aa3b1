//! `outputs`: the files that a session is written to.

use std::path::PathBuf;

use super::format;
use crate::{
    config::{
        diagnostics::Diagnostics,
        fields::Fields,
        path_conflicts::PathConflicts,
        path_use::Purpose,
        reader::Field,
        value::{mode, owner, path},
    },
    output::{FileTarget, OnModeIgnored, Output, Target},
};

/// The kind of credential that the outputs belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::config) enum Whose {
    /// One credential: a path must not contain `{name}`.
    One,
    /// Every key of a folder: a path must contain `{name}`.
    EachKey,
}

/// Reads the outputs of a credential; there must be at least one.
pub(in crate::config) fn read_all(
    fields: &mut Fields,
    whose: Whose,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Output>> {
    let field = fields.require("outputs", whose.example(), diagnostics)?;
    let items = field.items(diagnostics);
    if items.is_empty() && field.is_empty_list() {
        diagnostics.mistake(&field.location, "no output is configured", whose.example());
    }
    // All are read before one with a mistake ends the reading.
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
    let on_mode_ignored = fields.take("onModeIgnored", diagnostics);
    if let Some(word) = on_mode_ignored.and_then(|field| field.word(&ON_MODE_IGNORED, diagnostics)) {
        file.on_mode_ignored = word;
    }
    fields.finish(diagnostics);
    Some(Output { format: format?, target: Target::File(FileTarget { path: path?, ..file }) })
}

fn path(field: &Field, whose: Whose, conflicts: &mut PathConflicts, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    let path = field.text(diagnostics).and_then(|text| path::output_of(&text, diagnostics))?;
    conflicts.record(Purpose::Output, Some(&path), &field.location);
    let has_placeholder = path.to_string_lossy().contains(path::NAME_PLACEHOLDER);
    match (whose, has_placeholder) {
        (Whose::One, false) | (Whose::EachKey, true) => Some(path),
        (Whose::One, true) => {
            let remedy = "write the name itself";
            diagnostics.mistake(&field.location, "`{name}` is replaced in `credentialsFrom` only", remedy);
            None
        }
        (Whose::EachKey, false) => {
            let what = "it does not contain `{name}`, so every key of the folder would write the same file";
            diagnostics.mistake(&field.location, what, "put `{name}` in the place of the key file's name");
            None
        }
    }
}

pub(in crate::config) const ON_MODE_IGNORED: [(&str, OnModeIgnored); 2] =
    [("accept", OnModeIgnored::Accept), ("refuse", OnModeIgnored::Refuse)];

impl Whose {
    fn path_example(self) -> &'static str {
        match self {
            Self::One => "write something like `path: /run/tokenwell/billing.jwt`",
            Self::EachKey => "write something like `path: \"/run/tokenwell/{name}.jwt\"`",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::One => "write something like `outputs: [{path: /run/tokenwell/billing.jwt}]`",
            Self::EachKey => "write something like `outputs: [{path: \"/run/tokenwell/{name}.jwt\"}]`",
        }
    }
}
