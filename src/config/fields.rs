//! The fields of a mapping, asked for by name: what nobody asks for is a mistake, and so is what stands there twice.

use std::collections::HashSet;

use super::{
    diagnostics::{Diagnostics, Location},
    place::{NodePath, Part},
    reader::Field,
    show::shown_key,
    suggest::{Suggestion, suggestion},
    tree::Node,
};

/// The fields of a mapping, as they are asked for.
pub(super) struct Fields<'a> {
    entries: &'a [(String, Node)],
    steps: NodePath,
    path: String,
    location: Location,
    known: Vec<&'static str>,
    /// Fields that should be there, and what to write.
    missing: Vec<(&'static str, String)>,
}

impl<'a> Fields<'a> {
    /// The fields of the mapping at `location`, which is reached by `steps` and called `path`. Duplicates are mistakes.
    pub(super) fn new(
        entries: &'a [(String, Node)],
        steps: NodePath,
        path: String,
        location: Location,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let fields = Self { entries, steps, path, location, known: Vec::new(), missing: Vec::new() };
        fields.refuse_duplicates(diagnostics);
        fields
    }

    /// The field of that name, if it is there.
    pub(super) fn take(&mut self, name: &'static str, diagnostics: &mut Diagnostics) -> Option<Field<'a>> {
        self.known.push(name);
        let (n, (_, node)) = self.entries.iter().enumerate().find(|(_, (key, _))| key == name)?;
        let field = Field { node, location: self.spot_of(n, Part::Value) };
        field.has_value(diagnostics).then_some(field)
    }

    /// The field of that name; that it is missing is a mistake, and `remedy` says what to write. It is told at the end,
    /// unless an unknown field turns out to be the one that is missing.
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

    /// A field is missing that is needed for the sake of another; `remedy` says what to write.
    pub(super) fn lacks(&self, name: &str, remedy: &str, diagnostics: &mut Diagnostics) {
        diagnostics.mistake(&self.location, format!("`{name}` is missing"), remedy);
    }

    /// Whether there is a field of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(key, _)| key == name)
    }

    /// Whether there is a field that was not asked for so far.
    pub(super) fn has_strangers(&self) -> bool {
        self.entries.iter().any(|(key, _)| !self.known.contains(&key.as_str()))
    }

    /// All entries as fields, whatever their names.
    pub(super) fn all(self) -> Vec<(&'a str, Field<'a>)> {
        let field = |(n, (key, node)): (usize, &'a (String, Node))| {
            (key.as_str(), Field { node, location: self.spot_of(n, Part::Value) })
        };
        self.entries.iter().enumerate().map(field).collect()
    }

    /// Ends the reading: what was not asked for is unknown. Its value is not shown: it may be a key in the wrong place.
    pub(super) fn finish(mut self, diagnostics: &mut Diagnostics) {
        for (n, (key, _)) in self.entries.iter().enumerate() {
            if self.known.contains(&key.as_str()) {
                continue;
            }
            let remedy = match suggestion(key, &self.known) {
                Some(Suggestion::Field(meant)) => {
                    self.missing.retain(|(name, _)| *name != meant);
                    format!("did you mean `{meant}`?")
                }
                Some(Suggestion::Advice(advice)) => advice.to_owned(),
                None => {
                    let known: Vec<_> = self.known.iter().map(|name| format!("`{name}`")).collect();
                    format!("known here: {}", known.join(", "))
                }
            };
            diagnostics.mistake(&self.spot_of(n, Part::Key), "unknown field", remedy);
        }
        for (name, remedy) in &self.missing {
            diagnostics.mistake(&self.location, format!("`{name}` is missing"), remedy);
        }
    }

    fn refuse_duplicates(&self, diagnostics: &mut Diagnostics) {
        let mut seen = HashSet::new();
        for (n, (key, _)) in self.entries.iter().enumerate() {
            if !seen.insert(key) {
                let remedy = "a field stands at most once: keep the one that is meant";
                diagnostics.mistake(&self.spot_of(n, Part::Key), "duplicate field", remedy);
            }
        }
    }

    fn spot_of(&self, n: usize, part: Part) -> Location {
        let key = shown_key(&self.entries[n].0);
        let path = if self.path.is_empty() { key } else { format!("{}.{key}", self.path) };
        Location::File { steps: self.steps.iter().copied().chain([n]).collect(), part, path }
    }
}
