//! What a person should know of the files in a key folder: rules that match none of them, names that two of them have, and content that
//! is no key.

use std::collections::BTreeMap;

use super::key_listing::KeyFile;
use crate::{config::KeyDirectory, source::KeyForm};

/// Returns one line for each rule of a key folder that matches no file, and for each two files with the same credential name. `files`
/// are the names of all files in the folder that may be keys.
pub fn key_folder_notes(directory: &KeyDirectory, files: &[KeyFile]) -> Vec<String> {
    let folder = directory.path.display();
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    let unmatched = directory.selection.unmatched(&names).into_iter();
    let unmatched =
        unmatched.map(|rule| format!("{rule} matches no file in key folder `{folder}`; correct or remove it"));
    let selected: Vec<_> = files.iter().filter(|file| directory.selection.selects(&file.name)).collect();
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in selected.iter().filter(|file| file.may_be_a_key()) {
        by_name.entry(directory.selection.name_of(&file.name)).or_default().push(&file.name);
    }
    let same = by_name.into_iter().filter(|(_, files)| files.len() > 1).map(|(name, files)| {
        let is_renamed = |file: &&&str| directory.selection.renames(file);
        let used = files.iter().find(is_renamed).copied().unwrap_or_default();
        let files: Vec<_> = files.iter().map(|file| format!("`{file}`")).collect();
        format!(
            "files {} in key folder `{folder}` have the same credential name `{name}`; `{used}` is used, as `rename` says: \
             rename or exclude the other",
            files.join(" and ")
        )
    });
    unmatched.chain(same).chain(by_form(directory, &selected)).collect()
}

/// Lists the files whose content is no key, or does not look like one.
fn by_form(directory: &KeyDirectory, files: &[&KeyFile]) -> Vec<String> {
    let folder = directory.path.display();
    let mut impossible = Vec::new();
    let mut doubtful = Vec::new();
    for KeyFile { name, form } in files {
        match form {
            KeyForm::Impossible(what) => impossible.push(format!("`{name}` ({what})")),
            KeyForm::Doubtful(what) if directory.credential(name).is_ok() => {
                doubtful.push(format!("`{name}` ({what})"));
            }
            KeyForm::Doubtful(_) | KeyForm::Possible => {}
        }
    }
    let lists = [
        (impossible, "these files are no access keys and are not used"),
        (doubtful, "these files are used, though they do not look like access keys"),
    ];
    let lists = lists.into_iter().filter(|(files, _)| !files.is_empty());
    let line = |(files, what): (Vec<String>, &str)| {
        format!("in key folder `{folder}` {what}: {}; leave them out by `exclude`", bounded(&files))
    };
    lists.map(line).collect()
}

fn bounded(files: &[String]) -> String {
    match files.len().checked_sub(FILES_LISTED_MAX) {
        Some(more @ 1..) => format!("{} and {more} more", files[..FILES_LISTED_MAX].join(", ")),
        Some(_) | None => files.join(", "),
    }
}

const FILES_LISTED_MAX: usize = 10;
