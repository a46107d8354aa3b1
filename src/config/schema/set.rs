//! `sets`.

use super::{Entry, Section, form};
use crate::config::section::set::MODE_DEFAULT;

/// An entry of `sets`.
pub(super) fn set() -> Section {
    let entries = vec![
        Entry::new("directory", form::one_folder(), "The folder. Every output right in it is one of its files.")
            .needed(),
        Entry::new("mode", form::mode_of_folder(), "The permissions of the folders in it that hold the files.")
            .default(format!("{MODE_DEFAULT:04o}")),
        Entry::new("group", form::principal("group"), "The group of the same.")
            .fallback("the first `group` among its outputs"),
    ];
    Section::new("Set", "A folder whose files change as one.", entries)
}
