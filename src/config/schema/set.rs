//! `sets`.

use super::{
    entry::{Entry, Section},
    form,
};
use crate::config::section::set::MODE_DEFAULT;

/// Describes an entry of `sets`.
pub(super) fn set() -> Section {
    let entries = vec![
        Entry::new("directory", form::one_folder(), "The folder. Every output directly in it is one of its files.")
            .required(),
        Entry::new("mode", form::mode_of_folder(), "The permissions of the folders in it that contain the files.")
            .default(format!("{MODE_DEFAULT:04o}")),
        Entry::new("group", form::principal("group"), "The group of these folders.")
            .fallback("the first `group` among its outputs"),
    ];
    Section::new("Set", "A folder whose files change atomically together.", entries)
}
