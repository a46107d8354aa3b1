//! `sets`.

use super::{
    entry::{Entry, Section},
    form,
};
use crate::{
    config::{section::set::KEEP_PREVIOUS, value::duration::short},
    output::SetFolder,
};

/// Describes an entry of `sets`.
pub(super) fn set() -> Section {
    let entries = vec![
        Entry::new("directory", form::one_folder(), "The folder. Every output directly in it is one of its files.")
            .required(),
        Entry::new(
            "mode",
            form::mode_of_folder(),
            "The permissions of this folder and of those in it that contain the files.",
        )
        .fallback("0750 for folders that tokenwell makes; an existing folder keeps its permissions"),
        Entry::new("group", form::principal("group"), "The group of these folders.")
            .fallback("the first `group` among its outputs"),
        Entry::new("keepPrevious", form::duration(&KEEP_PREVIOUS), "How long replaced files stay after the swap.")
            .default(short(SetFolder::KEEP_PREVIOUS)),
    ];
    Section::new("Set", "A folder whose files change atomically together.", entries)
}
