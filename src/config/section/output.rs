//! `outputs`: the files that a session is written to.

use std::path::PathBuf;

use super::format;
use crate::{
    config::{
        fields::Fields,
        notes::Notes,
        reader::Field,
        uses::{Purpose, Uses},
        value::{mode, owner, path},
    },
    output::Output,
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
    uses: &mut Uses,
    notes: &mut Notes,
) -> Option<Vec<Output>> {
    let field = fields.require("outputs", whose.example(), notes)?;
    let items = field.items(notes);
    if items.is_empty() && field.is_empty_list() {
        notes.mistake(&field.spot, "no output is named", whose.example());
    }
    // Every one is read before any is given up for a mistake in another.
    let outputs: Vec<_> = items.iter().map(|item| read(item, whose, uses, notes)).collect();
    outputs.into_iter().collect()
}

fn read(field: &Field, whose: Whose, uses: &mut Uses, notes: &mut Notes) -> Option<Output> {
    let mut fields = field.fields(notes)?;
    let path = fields.require("path", whose.path_example(), notes).and_then(|field| path(&field, whose, uses, notes));
    let mut output = Output::at(PathBuf::new());
    let format = format::read(&mut fields, uses, notes);
    if let Some(mode) = fields.take("mode", notes).and_then(|field| mode::read(&field, notes)) {
        output.mode = mode;
    }
    output.owner = fields.take("owner", notes).and_then(|field| owner::user(&field, notes));
    output.group = fields.take("group", notes).and_then(|field| owner::group(&field, notes));
    fields.finish(notes);
    Some(Output { path: path?, format: format?, ..output })
}

fn path(field: &Field, whose: Whose, uses: &mut Uses, notes: &mut Notes) -> Option<PathBuf> {
    let path = path::file(field, notes)?;
    uses.note(Purpose::Output, Some(&path), &field.spot);
    let has_mark = path.to_string_lossy().contains(path::NAME_MARK);
    match (whose, has_mark) {
        (Whose::One, false) | (Whose::EachKey, true) => Some(path),
        (Whose::One, true) => {
            let remedy = "write the name itself";
            notes.mistake(&field.spot, "`{name}` stands for a name in `credentialsFrom` only", remedy);
            None
        }
        (Whose::EachKey, false) => {
            let what = "no `{name}` is in it: every key of the folder would write the same file";
            notes.mistake(&field.spot, what, "put `{name}` where the name of the key file belongs");
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
