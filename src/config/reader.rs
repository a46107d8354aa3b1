//! Typed access to the values of the tree. A value of the wrong kind is a mistake at its location.

use super::{
    diagnostics::{Diagnostics, Location},
    expand::expand,
    line_number::{NodePath, Part},
    show::shown,
    tree::{Node, kind},
};

/// A value and its location.
#[derive(Clone)]
pub(super) struct Field<'a> {
    pub(super) node: &'a Node,
    pub(super) location: Location,
}

/// A text with its variables expanded, and as it was written.
pub(super) struct Text {
    pub(super) value: String,
    written: String,
    pub(super) location: Location,
}

impl<'a> Field<'a> {
    /// Wraps the whole document.
    pub(super) fn root(node: &'a Node) -> Self {
        Self { node, location: Location::File { steps: Vec::new(), part: Part::Value, path: String::new() } }
    }

    /// Returns a list's values. Empty ones are mistakes and left out.
    pub(super) fn items(&self, diagnostics: &mut Diagnostics) -> Vec<Field<'a>> {
        let Node::List(values) = self.node else {
            let remedy = "begin every entry with `- `";
            diagnostics.mistake(&self.location, format!("expected a list, found {}", kind(self.node)), remedy);
            return Vec::new();
        };
        let (steps, path) = self.steps_and_path();
        let items = values.iter().enumerate().map(|(n, node)| {
            let steps = steps.iter().copied().chain([n]).collect();
            Field { node, location: Location::File { steps, part: Part::Value, path: format!("{path}[{n}]") } }
        });
        items.filter(|item| item.has_value(diagnostics)).collect()
    }

    /// Returns a text with its variables expanded.
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

    /// Reads `true` or `false`.
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

    /// Reads one of a few words.
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

    /// Whether it is an empty list.
    pub(super) fn is_empty_list(&self) -> bool {
        matches!(self.node, Node::List(nodes) if nodes.is_empty())
    }

    /// Whether there is a value at all; if not, that is a mistake.
    pub(super) fn has_value(&self, diagnostics: &mut Diagnostics) -> bool {
        let is_null = *self.node == Node::Null;
        if is_null {
            diagnostics.mistake(&self.location, "no value", "give it one, or remove the line");
        }
        !is_null
    }

    /// Returns the steps and the path of this value, to extend for its children.
    pub(super) fn steps_and_path(&self) -> (NodePath, String) {
        match &self.location {
            Location::File { steps, path, .. } => (steps.clone(), path.clone()),
            Location::WholeFile { .. } | Location::Flag(_) | Location::Variable(_) => (Vec::new(), String::new()),
        }
    }
}

impl Text {
    /// Wraps a text from outside the file, in which variables are not expanded.
    pub(super) fn outside(value: &str, location: Location) -> Self {
        Self { value: value.to_owned(), written: value.to_owned(), location }
    }

    /// Returns the text after a prefix, if it has it.
    pub(super) fn strip_prefix(&self, prefix: &str) -> Option<Self> {
        let value = self.value.strip_prefix(prefix)?.to_owned();
        let written = self.written.strip_prefix(prefix).unwrap_or(&self.written).to_owned();
        Some(Self { value, written, location: self.location.clone() })
    }

    /// Returns the text as written, before variables were expanded.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// Whether it contains no variable.
    pub(super) fn is_written_out(&self) -> bool {
        self.written == self.value
    }

    /// Formats the text for a message: as written, because the value of a variable may be secret.
    pub(super) fn shown(&self) -> String {
        shown(&self.written)
    }
}

/// Formats a location's name in backticks.
pub(super) fn path_of(location: &Location) -> String {
    match location {
        Location::File { path, .. } | Location::WholeFile { path } => format!("`{path}`"),
        Location::Flag(flag) => format!("`{flag}`"),
        Location::Variable(name) => format!("`${name}`"),
    }
}

/// Formats `a`, `b` or `c`.
fn or(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
