//! The fields of a mapping, taken by name. Unknown fields and duplicates are mistakes.

use std::collections::HashSet;

use super::{
    diagnostics::{Diagnostics, Location},
    line_number::{NodePath, Part},
    reader::Field,
    show::shown_key,
    suggest::{Suggestion, suggestion},
    tree::{Node, kind},
};

/// The fields of a mapping, and which of them were asked for.
pub(super) struct Fields<'a> {
    entries: &'a [(String, Node)],
    steps: NodePath,
    path: String,
    location: Location,
    known: Vec<&'static str>,
    /// Required fields that are missing, with their remedies.
    missing: Vec<(&'static str, String)>,
}

impl<'a> Field<'a> {
    /// Returns a mapping's fields. Duplicates are mistakes.
    pub(super) fn fields(&self, diagnostics: &mut Diagnostics) -> Option<Fields<'a>> {
        let Node::Mapping(entries) = self.node else {
            diagnostics.mistake(&self.location, format!("expected fields, found {}", kind(self.node)), FIELDS_REMEDY);
            return None;
        };
        let (steps, path) = self.steps_and_path();
        Some(Fields::new(entries, steps, path, self.location.clone(), diagnostics))
    }
}

impl<'a> Fields<'a> {
    /// Wraps the mapping at `location`, which `steps` lead to and which messages call `path`. Duplicates are mistakes.
    pub(super) fn new(
        entries: &'a [(String, Node)],
        steps: NodePath,
        path: String,
        location: Location,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let fields = Self { entries, steps, path, location, known: Vec::new(), missing: Vec::new() };
        fields.refuse_duplicates(diagnostics);
        fields.refuse_merge_keys(diagnostics);
        fields
    }

    /// Returns the field of that name, if it is there.
    pub(super) fn take(&mut self, name: &'static str, diagnostics: &mut Diagnostics) -> Option<Field<'a>> {
        self.known.push(name);
        let (n, (_, node)) = self.entries.iter().enumerate().find(|(_, (key, _))| key == name)?;
        let field = Field { node, location: self.location_of(n, Part::Value) };
        field.has_value(diagnostics).then_some(field)
    }

    /// Returns the field of that name. If it is missing, that is a mistake with this remedy, reported by `finish`
    /// unless an unknown field turns out to be a misspelling of it.
    pub(super) fn require(
        &mut self,
        name: &'static str,
        remedy: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Field<'a>> {
        if !self.has(name) {
            self.missing.push((name, remedy.to_owned()));
        }
        self.take(name, diagnostics)
    }

    /// Reports a missing field that another field requires.
    pub(super) fn report_missing(&self, name: &str, remedy: &str, diagnostics: &mut Diagnostics) {
        diagnostics.mistake(&self.location, format!("`{name}` is missing"), remedy);
    }

    /// Whether there is a field of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(key, _)| key == name)
    }

    /// Whether there is a field that was not asked for so far.
    pub(super) fn has_unknown(&self) -> bool {
        self.entries.iter().any(|(key, _)| !self.known.contains(&key.as_str()))
    }

    /// Returns the names with their locations.
    pub(super) fn names(&self) -> Vec<(&'a str, Location)> {
        let name = |(n, (key, _)): (usize, &'a (String, Node))| (key.as_str(), self.location_of(n, Part::Key));
        self.entries.iter().enumerate().map(name).collect()
    }

    /// Returns all entries as fields, whatever their names.
    pub(super) fn all(self) -> Vec<(&'a str, Field<'a>)> {
        let field = |(n, (key, node)): (usize, &'a (String, Node))| {
            (key.as_str(), Field { node, location: self.location_of(n, Part::Value) })
        };
        self.entries.iter().enumerate().map(field).collect()
    }

    /// Reports the fields that were not asked for as unknown, and the missing ones. Values are not shown: one may be a
    /// key in the wrong place.
    pub(super) fn finish(mut self, diagnostics: &mut Diagnostics) {
        for (n, (key, _)) in self.entries.iter().enumerate() {
            if self.known.contains(&key.as_str()) || key == MERGE_KEY {
                continue;
            }
            let remedy = match suggestion(key, &self.known) {
                Some(Suggestion::Field(intended)) => {
                    self.missing.retain(|(name, _)| *name != intended);
                    format!("did you mean `{intended}`?")
                }
                Some(Suggestion::Advice(advice)) => advice.to_owned(),
                None => {
                    let known: Vec<_> = self.known.iter().map(|name| format!("`{name}`")).collect();
                    format!("known here: {}", known.join(", "))
                }
            };
            diagnostics.mistake(&self.location_of(n, Part::Key), "unknown field", remedy);
        }
        for (name, remedy) in &self.missing {
            diagnostics.mistake(&self.location, format!("`{name}` is missing"), remedy);
        }
    }

    fn refuse_duplicates(&self, diagnostics: &mut Diagnostics) {
        let mut seen = HashSet::new();
        for (n, (key, _)) in self.entries.iter().enumerate() {
            if !seen.insert(key) {
                let remedy = "a field may appear only once: keep one of them";
                diagnostics.mistake(&self.location_of(n, Part::Key), "duplicate field", remedy);
            }
        }
    }

    /// YAML 1.1 merges the fields of another mapping here. The parser does not, so the key would become a field or a claim of
    /// that name. A quoted `"<<"` cannot be distinguished from it.
    fn refuse_merge_keys(&self, diagnostics: &mut Diagnostics) {
        for (n, _) in self.entries.iter().enumerate().filter(|(_, (key, _))| key == MERGE_KEY) {
            let what = "merge keys are not supported";
            diagnostics.mistake(&self.location_of(n, Part::Key), what, "write the fields out");
        }
    }

    fn location_of(&self, n: usize, part: Part) -> Location {
        let key = shown_key(&self.entries[n].0);
        let path = if self.path.is_empty() { key } else { format!("{}.{key}", self.path) };
        Location::File { steps: self.steps.iter().copied().chain([n]).collect(), part, path }
    }
}

/// The merge key of YAML 1.1.
pub(super) const MERGE_KEY: &str = "<<";
const FIELDS_REMEDY: &str = "write `name: value` pairs, one a line";
