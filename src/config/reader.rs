//! Values of the tree: each knows its place, and what it is not is a mistake.

use super::{
    diagnostics::{Diagnostics, Location},
    expand::expand,
    fields::Fields,
    place::{NodePath, Part},
    show::shown,
    tree::{Node, kind},
};

/// A value and its place.
#[derive(Clone)]
pub(super) struct Field<'a> {
    pub(super) node: &'a Node,
    pub(super) location: Location,
}

/// A text as it is meant, with the variables put in, and as it is written.
pub(super) struct Text {
    pub(super) value: String,
    written: String,
    pub(super) location: Location,
}

impl<'a> Field<'a> {
    /// The whole document.
    pub(super) fn root(node: &'a Node) -> Self {
        Self { node, location: Location::File { steps: Vec::new(), part: Part::Value, path: String::new() } }
    }

    /// A mapping's fields. Duplicates are mistakes.
    pub(super) fn fields(&self, diagnostics: &mut Diagnostics) -> Option<Fields<'a>> {
        let Node::Mapping(entries) = self.node else {
            diagnostics.mistake(&self.location, format!("expected fields, found {}", kind(self.node)), FIELDS_REMEDY);
            return None;
        };
        let (steps, path) = self.way();
        Some(Fields::new(entries, steps, path, self.location.clone(), diagnostics))
    }

    /// A list's values, but for empty ones, which are mistakes.
    pub(super) fn items(&self, diagnostics: &mut Diagnostics) -> Vec<Field<'a>> {
        let Node::List(values) = self.node else {
            let remedy = "begin every entry with `- `";
            diagnostics.mistake(&self.location, format!("expected a list, found {}", kind(self.node)), remedy);
            return Vec::new();
        };
        let (steps, path) = self.way();
        let items = values.iter().enumerate().map(|(n, node)| {
            let steps = steps.iter().copied().chain([n]).collect();
            Field { node, location: Location::File { steps, part: Part::Value, path: format!("{path}[{n}]") } }
        });
        items.filter(|item| item.has_value(diagnostics)).collect()
    }

    /// A text with its variables put in.
    pub(super) fn text(&self, diagnostics: &mut Diagnostics) -> Option<Text> {
        let Node::Text(written) = self.node else {
            let remedy = match self.node {
                Node::Bool(_) | Node::Integer(_) | Node::Float(_) => "put it in quotes",
                Node::Null | Node::Text(_) | Node::List(_) | Node::Mapping(_) => "write one text here",
            };
            diagnostics.mistake(&self.location, format!("expected text, found {}", kind(self.node)), remedy);
            return None;
        };
        match expand(written, diagnostics.environment) {
            Ok(value) => Some(Text { value, written: written.clone(), location: self.location.clone() }),
            Err(problem) => {
                diagnostics.mistake(&self.location, problem.to_string(), problem.remedy());
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, diagnostics: &mut Diagnostics) -> Option<bool> {
        match self.node {
            Node::Bool(value) => Some(*value),
            Node::Text(text) => {
                diagnostics.mistake(
                    &self.location,
                    format!("{} is text", shown(text)),
                    "write `true` or `false`, without quotes",
                );
                None
            }
            Node::Null | Node::Integer(_) | Node::Float(_) | Node::List(_) | Node::Mapping(_) => {
                let what = format!("expected `true` or `false`, found {}", kind(self.node));
                diagnostics.mistake(&self.location, what, "write `true` or `false`");
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)], diagnostics: &mut Diagnostics) -> Option<T> {
        let text = self.text(diagnostics)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(*meaning);
        }
        let known: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        diagnostics.mistake(
            &self.location,
            format!("{} is not known here", text.shown()),
            format!("write {}", or(&known)),
        );
        None
    }

    /// Whether it is a list of nothing.
    pub(super) fn is_empty_list(&self) -> bool {
        matches!(self.node, Node::List(nodes) if nodes.is_empty())
    }

    /// Whether there is a value at all; if not, that is a mistake.
    pub(super) fn has_value(&self, diagnostics: &mut Diagnostics) -> bool {
        let is_null = *self.node == Node::Null;
        if is_null {
            diagnostics.mistake(&self.location, "no value", "give it one, or take the line away");
        }
        !is_null
    }

    /// How its fields or items are reached.
    fn way(&self) -> (NodePath, String) {
        match &self.location {
            Location::File { steps, path, .. } => (steps.clone(), path.clone()),
            Location::WholeFile { .. } | Location::Flag(_) | Location::Variable(_) => (Vec::new(), String::new()),
        }
    }
}

impl Text {
    /// A text that did not come from the file; it has no variables.
    pub(super) fn outside(value: &str, location: Location) -> Self {
        Self { value: value.to_owned(), written: value.to_owned(), location }
    }

    /// As it stands in the file, before any variable was put in.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// Whether no variable is in it.
    pub(super) fn is_written_out(&self) -> bool {
        self.written == self.value
    }

    /// The text as a message shows it: as written, for what a variable holds may be secret.
    pub(super) fn shown(&self) -> String {
        shown(&self.written)
    }
}

/// How people call a location, in backticks.
pub(super) fn path_of(location: &Location) -> String {
    match location {
        Location::File { path, .. } | Location::WholeFile { path } => format!("`{path}`"),
        Location::Flag(flag) => format!("`{flag}`"),
        Location::Variable(name) => format!("`${name}`"),
    }
}

/// `a`, `b` or `c`.
fn or(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

const FIELDS_REMEDY: &str = "write `name: value` pairs, one a line";
