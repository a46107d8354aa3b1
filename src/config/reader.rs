//! Reads a tree field by field: every value knows its place, and every field that nobody asked for is a mistake.

use super::{
    expand::expand,
    notes::{Notes, Spot},
    place::{Part, Steps},
    show::{shown, shown_key},
    suggest::{Suggestion, suggestion},
    tree::{Node, kind},
};

/// A value and its place.
#[derive(Clone)]
pub(super) struct Field<'a> {
    pub(super) node: &'a Node,
    pub(super) spot: Spot,
}

/// A text as it is meant, with the variables put in, and as it is written.
pub(super) struct Text {
    pub(super) value: String,
    written: String,
    pub(super) spot: Spot,
}

/// The fields of a mapping, as they are asked for.
pub(super) struct Fields<'a> {
    entries: &'a [(String, Node)],
    steps: Steps,
    path: String,
    spot: Spot,
    known: Vec<&'static str>,
    /// Fields that should be there, and what to write.
    missing: Vec<(&'static str, String)>,
}

impl<'a> Field<'a> {
    /// The whole document.
    pub(super) fn root(node: &'a Node) -> Self {
        Self { node, spot: Spot::File { steps: Vec::new(), part: Part::Value, path: String::new() } }
    }

    /// A mapping's fields. Duplicates are mistakes.
    pub(super) fn fields(&self, notes: &mut Notes) -> Option<Fields<'a>> {
        let Node::Mapping(entries) = self.node else {
            notes.mistake(&self.spot, format!("expected fields, found {}", kind(self.node)), FIELDS_REMEDY);
            return None;
        };
        let (steps, path) = self.way();
        let fields = Fields { entries, steps, path, spot: self.spot.clone(), known: Vec::new(), missing: Vec::new() };
        fields.refuse_duplicates(notes);
        Some(fields)
    }

    /// A list's values, but for empty ones, which are mistakes.
    pub(super) fn items(&self, notes: &mut Notes) -> Vec<Field<'a>> {
        let Node::List(nodes) = self.node else {
            let remedy = "begin every entry with `- `";
            notes.mistake(&self.spot, format!("expected a list, found {}", kind(self.node)), remedy);
            return Vec::new();
        };
        let (steps, path) = self.way();
        let items = nodes.iter().enumerate().map(|(n, node)| {
            let steps = steps.iter().copied().chain([n]).collect();
            Field { node, spot: Spot::File { steps, part: Part::Value, path: format!("{path}[{n}]") } }
        });
        items.filter(|item| item.has_value(notes)).collect()
    }

    /// A text with its variables put in.
    pub(super) fn text(&self, notes: &mut Notes) -> Option<Text> {
        let Node::Text(written) = self.node else {
            let remedy = match self.node {
                Node::Bool(_) | Node::Integer(_) | Node::Float(_) => "put it in quotes",
                Node::Null | Node::Text(_) | Node::List(_) | Node::Mapping(_) => "write one text here",
            };
            notes.mistake(&self.spot, format!("expected text, found {}", kind(self.node)), remedy);
            return None;
        };
        match expand(written, notes.environment) {
            Ok(value) => Some(Text { value, written: written.clone(), spot: self.spot.clone() }),
            Err(problem) => {
                notes.mistake(&self.spot, problem.to_string(), problem.remedy());
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, notes: &mut Notes) -> Option<bool> {
        match self.node {
            Node::Bool(value) => Some(*value),
            Node::Text(text) => {
                notes.mistake(
                    &self.spot,
                    format!("{} is text", shown(text)),
                    "write `true` or `false`, without quotes",
                );
                None
            }
            Node::Null | Node::Integer(_) | Node::Float(_) | Node::List(_) | Node::Mapping(_) => {
                let what = format!("expected `true` or `false`, found {}", kind(self.node));
                notes.mistake(&self.spot, what, "write `true` or `false`");
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)], notes: &mut Notes) -> Option<T> {
        let text = self.text(notes)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(*meaning);
        }
        let known: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        notes.mistake(&self.spot, format!("{} is not known here", text.shown()), format!("write {}", or(&known)));
        None
    }

    /// Whether it is a list of nothing.
    pub(super) fn is_empty_list(&self) -> bool {
        matches!(self.node, Node::List(nodes) if nodes.is_empty())
    }

    /// Whether there is a value at all; if not, that is a mistake.
    fn has_value(&self, notes: &mut Notes) -> bool {
        let is_null = *self.node == Node::Null;
        if is_null {
            notes.mistake(&self.spot, "no value", "give it one, or take the line away");
        }
        !is_null
    }

    /// How its fields or items are reached.
    fn way(&self) -> (Steps, String) {
        match &self.spot {
            Spot::File { steps, path, .. } => (steps.clone(), path.clone()),
            Spot::WholeFile { .. } | Spot::Flag(_) | Spot::Variable(_) => (Vec::new(), String::new()),
        }
    }
}

impl Text {
    /// A text that did not come from the file; it has no variables.
    pub(super) fn outside(value: &str, spot: Spot) -> Self {
        Self { value: value.to_owned(), written: value.to_owned(), spot }
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

impl<'a> Fields<'a> {
    /// The field of that name, if it is there.
    pub(super) fn take(&mut self, name: &'static str, notes: &mut Notes) -> Option<Field<'a>> {
        self.known.push(name);
        let (n, (_, node)) = self.entries.iter().enumerate().find(|(_, (key, _))| key == name)?;
        let field = Field { node, spot: self.spot_of(n, Part::Value) };
        field.has_value(notes).then_some(field)
    }

    /// The field of that name; that it is missing is a mistake, and `remedy` says what to write. It is told at the end,
    /// unless an unknown field turns out to be the one that is missing.
    pub(super) fn require(&mut self, name: &'static str, remedy: &str, notes: &mut Notes) -> Option<Field<'a>> {
        if !self.has(name) {
            self.missing.push((name, remedy.to_owned()));
        }
        self.take(name, notes)
    }

    /// Whether there is a field of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(key, _)| key == name)
    }

    /// Fields of the contract that this version does not have: refused by name, so that nothing is silently ignored.
    pub(super) fn not_in_this_version(&mut self, names: &'static [&'static str], notes: &mut Notes) {
        for (n, (key, _)) in self.entries.iter().enumerate() {
            if let Some(name) = names.iter().find(|name| *name == key) {
                let what = "this version of tokenwell does not have it yet";
                notes.mistake(&self.spot_of(n, Part::Key), what, format!("take `{name}` away"));
            }
        }
        // Only what is there, so that nobody is told of them as known.
        let there: Vec<_> = names.iter().copied().filter(|name| self.has(name)).collect();
        self.known.extend(there);
    }

    /// All entries as fields, whatever their names.
    pub(super) fn all(self) -> Vec<(&'a str, Field<'a>)> {
        let field = |(n, (key, node)): (usize, &'a (String, Node))| {
            (key.as_str(), Field { node, spot: self.spot_of(n, Part::Value) })
        };
        self.entries.iter().enumerate().map(field).collect()
    }

    /// Ends the reading: what was not asked for is unknown. Its value is not shown: it may be a key in the wrong place.
    pub(super) fn finish(mut self, notes: &mut Notes) {
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
            notes.mistake(&self.spot_of(n, Part::Key), "unknown field", remedy);
        }
        for (name, remedy) in &self.missing {
            notes.mistake(&self.spot, format!("`{name}` is missing"), remedy);
        }
    }

    fn refuse_duplicates(&self, notes: &mut Notes) {
        let mut seen = std::collections::HashSet::new();
        for (n, (key, _)) in self.entries.iter().enumerate() {
            if !seen.insert(key) {
                let remedy = "a field stands at most once: keep the one that is meant";
                notes.mistake(&self.spot_of(n, Part::Key), "duplicate field", remedy);
            }
        }
    }

    fn spot_of(&self, n: usize, part: Part) -> Spot {
        let key = shown_key(&self.entries[n].0);
        let path = if self.path.is_empty() { key } else { format!("{}.{key}", self.path) };
        Spot::File { steps: self.steps.iter().copied().chain([n]).collect(), part, path }
    }
}

/// How people call a spot, in backticks.
pub(super) fn path_of(spot: &Spot) -> String {
    match spot {
        Spot::File { path, .. } | Spot::WholeFile { path } => format!("`{path}`"),
        Spot::Flag(flag) => format!("`{flag}`"),
        Spot::Variable(name) => format!("`${name}`"),
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
