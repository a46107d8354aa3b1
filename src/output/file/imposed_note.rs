//! What is said of a file system that keeps no modes or owners.

use std::path::Path;

use crate::attributes::Imposed;

/// One line on what is imposed on the file of an output, with the remedy.
pub(in crate::output) fn note(path: &Path, imposed: &Imposed) -> String {
    let on_file = imposed.file.map(|imposed| format!("`{}` has {}", path.display(), imposed.words()));
    let on_folder = imposed.folder.map(|imposed| format!("the folder of its set has {}", imposed.words()));
    let differences: Vec<_> = on_file.into_iter().chain(on_folder).collect();
    format!("{}; {}", remedy(path), differences.join(", and "))
}

/// What such a file system is like, and what to do about it.
pub(super) fn remedy(path: &Path) -> String {
    let folder = path.parent().unwrap_or(path).display();
    format!(
        "file systems such as that of `{folder}` keep no modes or owners of their own: set them in its mount options, or \
         write to another one"
    )
}
