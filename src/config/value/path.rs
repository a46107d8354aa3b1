//! Absolute paths without `..`.

use std::path::{Component, Path, PathBuf};

use super::{name::NAME_BYTES_MAX, unexpanded::Unexpanded};
use crate::{
    characters,
    config::{
        diagnostics::{Diagnostics, Location},
        kernel_folders,
        reader::{Field, Text},
        show::looks_like_a_secret,
    },
};

/// Reads the path of a file from a field.
pub(in crate::config) fn file(field: &Field, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    let text = field.text(diagnostics)?;
    file_of(&text, diagnostics)
}

/// Reads the path of a file from a text.
pub(in crate::config) fn file_of(text: &Text, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    if text.value.ends_with('/') || text.value.ends_with("/.") {
        diagnostics.mistake(&text.location, format!("{} is a folder", text.shown()), "write the path of a file");
        return None;
    }
    let path = absolute(text, diagnostics)?;
    let longest = path.file_name().map_or(0, |name| longest_with_name(name.as_encoded_bytes()));
    if longest > FILE_NAME_BYTES_MAX {
        let remedy = format!("at most {FILE_NAME_BYTES_MAX} bytes: temporary files beside it have longer names");
        diagnostics.mistake(&text.location, "the file name is too long", remedy);
        return None;
    }
    Some(path)
}

/// Reads the path of an output from a text. `-` and a detour into a folder of the kernel are not the file that was meant.
pub(in crate::config) fn output_of(text: &Text, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    if text.value == STANDARD_OUTPUT {
        let what = "`-` is not a file: tokens are kept in files";
        diagnostics.mistake(&text.location, what, kernel_folders::INSTEAD_OF_AN_OUTPUT);
        return None;
    }
    let path = Path::new(&text.value);
    let has_detour = path.is_absolute() && path.components().any(|part| part == Component::ParentDir);
    if has_detour && kernel_folders::check_detour(path, &text.location, diagnostics).is_some() {
        return None;
    }
    file_of(text, diagnostics)
}

/// Reads the path of a folder from a text.
pub(in crate::config) fn folder(text: &Text, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    absolute(text, diagnostics)
}

/// Reads the path of a key file from a field. Messages never show the text, because it may be the key itself.
pub(in crate::config) fn access_key_file(field: &Field, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    let text = field.text(diagnostics)?;
    if !text.value.contains('/') && looks_like_a_secret(&text.value) {
        diagnostics.mistake(&text.location, "this looks like an access key itself", KEY_FILE_REMEDY);
        return None;
    }
    secret_file_of(&text, KEY_FILE_REMEDY, diagnostics)
}

/// Reads the path of a file with a secret from a field. Messages never show the text, because it may be the secret itself.
pub(in crate::config) fn secret_file(field: &Field, remedy: &str, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    let text = field.text(diagnostics)?;
    if !text.value.contains('/') && looks_like_a_secret(&text.value) {
        diagnostics.mistake(&text.location, "this looks like the secret itself, not its file", remedy);
        return None;
    }
    secret_file_of(&text, remedy, diagnostics)
}

fn secret_file_of(text: &Text, remedy: &str, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    if !text.value.starts_with('/') {
        let unexpanded = unexpanded(text);
        let (what, remedy) = unexpanded.unwrap_or_else(|| ("not an absolute path".to_owned(), remedy.to_owned()));
        diagnostics.mistake(&text.location, what, remedy);
        return None;
    }
    file_of(text, diagnostics)
}

/// Normalizes a path for comparison: no doubled slash, no `.`.
fn absolute(text: &Text, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    let path = Path::new(&text.value);
    let problem = if text.value.is_empty() {
        Some(("empty".to_owned(), "write an absolute path".to_owned()))
    } else if text.value.chars().any(char::is_control) {
        Some(("it contains a control character".to_owned(), "write a plain path".to_owned()))
    } else if let Some((c, name)) = unseen_from_outside(text) {
        Some((
            format!("it contains a character that cannot be seen (U+{:04X}, {name})", c as u32),
            "remove it".to_owned(),
        ))
    } else if path.is_relative()
        && let Some(unexpanded) = unexpanded(text)
    {
        Some(unexpanded)
    } else if path.is_relative() {
        let what = format!("{} is not an absolute path", text.shown());
        Some((what, relative_remedy(text, diagnostics.config_folder)))
    } else if path.components().any(|part| part == Component::ParentDir) {
        Some((format!("{} contains `..`", text.shown()), "write the path without `..`".to_owned()))
    } else if text.value.len() > PATH_BYTES_MAX {
        Some(("the path is too long".to_owned(), format!("at most {PATH_BYTES_MAX} bytes")))
    } else {
        None
    };
    if let Some((what, remedy)) = problem {
        diagnostics.mistake(&text.location, what, remedy);
        return None;
    }
    if let Some(unexpanded) = Unexpanded::inside(text.written()) {
        diagnostics.warning(&text.location, unexpanded.to_string(), remedy_at(&text.location, unexpanded));
    }
    Some(path.components().collect())
}

/// Returns a character that cannot be seen and came by a flag or a variable. In the file it was written as an escape, so it is wanted.
fn unseen_from_outside(text: &Text) -> Option<(char, &'static str)> {
    let is_wanted = |c: char| matches!(text.location, Location::File { .. }) && text.written().contains(c);
    text.value.chars().filter(|c| !is_wanted(*c)).find_map(|c| Some((c, characters::invisible(c)?)))
}

/// Returns what a relative path begins with that another program would expand, and the remedy.
pub(in crate::config) fn unexpanded(text: &Text) -> Option<(String, String)> {
    let unexpanded = Unexpanded::at_the_start(&text.value)?;
    // The value of a variable may be secret.
    let may_be_shown = text.is_written_out() || unexpanded == Unexpanded::Home;
    may_be_shown.then(|| (unexpanded.to_string(), remedy_at(&text.location, unexpanded)))
}

fn remedy_at(location: &Location, unexpanded: Unexpanded) -> String {
    match location {
        Location::File { .. } | Location::WholeFile { .. } => unexpanded.remedy(),
        Location::Flag(_) | Location::Variable(_) => "write the path in full".to_owned(),
    }
}

fn relative_remedy(text: &Text, config_folder: &Path) -> String {
    let from_file = matches!(text.location, Location::File { .. });
    if from_file && text.is_written_out() && !looks_like_a_secret(&text.value) && !text.value.contains("..") {
        let whole: PathBuf = config_folder.join(&text.value).components().collect();
        if whole.is_absolute() && whole.as_os_str().len() <= SUGGESTED_BYTES_MAX {
            return format!("write it in full, such as `{}`", whole.display());
        }
    }
    "write it in full, starting with `/`".to_owned()
}

/// Returns the length of a file's name once `{name}` is replaced by the longest legal name.
fn longest_with_name(file_name: &[u8]) -> usize {
    let marks =
        file_name.windows(NAME_PLACEHOLDER.len()).filter(|window| *window == NAME_PLACEHOLDER.as_bytes()).count();
    file_name.len() + marks * (NAME_BYTES_MAX - NAME_PLACEHOLDER.len())
}

/// What other programs take for their standard output.
pub(in crate::config) const STANDARD_OUTPUT: &str = "-";
/// The placeholder for a credential's name in the output paths of `credentialsFrom`.
pub(in crate::config) const NAME_PLACEHOLDER: &str = "{name}";
pub(in crate::config) const FILE_NAME_BYTES_MAX: usize = 200;
const PATH_BYTES_MAX: usize = 4095;
const SUGGESTED_BYTES_MAX: usize = 120;
const KEY_FILE_REMEDY: &str = "write the path of a file that holds the key, such as `/var/run/secrets/descope/billing`";
