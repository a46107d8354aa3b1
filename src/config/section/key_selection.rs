//! `include`, `exclude` and `rename` of `credentialsFrom`.

use std::collections::{BTreeMap, HashMap};

use glob::Pattern;

use crate::config::{
    diagnostics::Diagnostics, fields::Fields, key_selection::KeySelection, path_conflicts::PathConflicts,
    reader::Field, show::shown, value::name,
};

/// Reads which files of a key folder are keys.
pub(in crate::config) fn read(
    fields: &mut Fields,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> KeySelection {
    let include = fields.take("include", diagnostics).and_then(|field| patterns(&field, diagnostics));
    let exclude =
        fields.take("exclude", diagnostics).and_then(|field| patterns(&field, diagnostics)).unwrap_or_default();
    let selection = KeySelection::new(include, exclude, BTreeMap::new());
    let Some(field) = fields.take("rename", diagnostics) else { return selection };
    let renamed = renamed(&field, &selection, conflicts, diagnostics);
    selection.with_renamed(renamed)
}

/// `None` if one of them is a mistake.
fn patterns(field: &Field, diagnostics: &mut Diagnostics) -> Option<Vec<Pattern>> {
    if field.is_empty_list() {
        diagnostics.mistake(&field.location, "no pattern is listed", "write one such as `*-key`, or remove the line");
    }
    let items = field.items(diagnostics);
    // All are read before one with a mistake ends the reading.
    let patterns: Vec<_> = items.iter().map(|item| pattern(item, diagnostics)).collect();
    patterns.into_iter().collect()
}

fn pattern(field: &Field, diagnostics: &mut Diagnostics) -> Option<Pattern> {
    let text = field.text(diagnostics)?;
    if text.value.is_empty() || text.value.contains('/') {
        let what = format!("{} matches no file name", text.shown());
        diagnostics.mistake(&field.location, what, PATTERN_REMEDY);
        return None;
    }
    match Pattern::new(&text.value) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            let what = format!("{} is not a pattern: {}", text.shown(), error.msg);
            diagnostics.mistake(&field.location, what, PATTERN_REMEDY);
            None
        }
    }
}

fn renamed(
    field: &Field,
    selection: &KeySelection,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, String> {
    let mut renamed = BTreeMap::new();
    let mut files: HashMap<String, String> = HashMap::new();
    for (file, field) in field.fields(diagnostics).map(Fields::all).unwrap_or_default() {
        if file.is_empty() || file.contains('/') || file.starts_with('.') {
            let what = format!("{} is not the name of a file of keys", shown(file));
            diagnostics.mistake(
                &field.location,
                what,
                "write a file name, without its folder, that does not begin with a dot",
            );
            continue;
        }
        if !selection.selects(file) {
            let what = format!("file {} is left out by `include` or `exclude`", shown(file));
            diagnostics.mistake(&field.location, what, "include it, or remove the line");
        }
        if !field.has_value(diagnostics) {
            continue;
        }
        let Some(name) = name::read(&field, diagnostics) else { continue };
        if let Some(first) = files.insert(name.clone(), file.to_owned()) {
            let what = format!("files {} and {} get the same name `{name}`", shown(&first), shown(file));
            diagnostics.mistake(&field.location, what, "give every credential a name of its own");
            continue;
        }
        conflicts.record_name(&name, &field.location, diagnostics);
        renamed.insert(file.to_owned(), name);
    }
    renamed
}

const PATTERN_REMEDY: &str = "write a shell pattern for file names such as `*-key`, with `*`, `?` and `[...]`";
