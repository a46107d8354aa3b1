//! What may be written in a configuration, told to people and to editors: one source of which both the JSON Schema and
//! the page `tokenwell.yaml(5)` are made.
//!
//! The reader (`section/`, `value/`) stays the only validation. Bounds, words and defaults are the reader's own constants;
//! names of fields and what is required stand here a second time, and tests hold the two together: every configuration of
//! `tests/rooms/config/` is held against the schema as well (`tests/common/schema.rs`), and `tests/rooms/texts.rs` compares the fields
//! of every section.
//!
//! A new section is a file here with its fields, and one `Entry` in `root.rs`.

mod access_key;
mod credential;
mod form;
mod hook;
mod http;
mod json;
mod log;
mod output;
mod pattern;
mod renew;
mod root;
mod set;
mod status;

use serde_json::{Map, Value};

pub use json::json;
pub use root::root;

/// A mapping of the configuration.
pub struct Section {
    /// What an editor calls it, such as `Output`.
    pub title: &'static str,
    /// What it is for, in sentences.
    pub about: String,
    /// Its fields, in the order in which people read them.
    pub entries: Vec<Entry>,
    /// What goes together and what does not, in the keywords of JSON Schema.
    rules: Map<String, Value>,
}

/// A field.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in sentences.
    pub about: String,
    /// What may stand there.
    pub form: Form,
    /// What holds without it.
    pub fallback: Fallback,
}

/// What may stand in a place.
pub enum Form {
    /// A single value, or one that people look at as such.
    Value {
        /// For people: a sentence without its full stop.
        said: String,
        /// For editors.
        schema: Map<String, Value>,
    },
    /// A mapping.
    Fields(Section),
    /// A list of mappings.
    List {
        /// What each entry is.
        of: Section,
        /// The fewest entries.
        least: usize,
        /// The most entries, if there is a bound.
        most: Option<usize>,
    },
}

/// What holds if a field is not there.
pub enum Fallback {
    /// It has to be there.
    Needed,
    /// Nothing; the field is for those who want it.
    Nothing,
    /// As if this stood there.
    Value(Value),
    /// What only words can say: half a sentence.
    Said(&'static str),
}

impl Section {
    fn new(title: &'static str, about: impl Into<String>, entries: Vec<Entry>) -> Self {
        Self { title, about: about.into(), entries, rules: Map::new() }
    }

    fn rule(mut self, keyword: &str, rule: Value) -> Self {
        self.rules.insert(keyword.to_owned(), rule);
        self
    }
}

impl Entry {
    /// A field that need not be there.
    fn new(name: &'static str, form: Form, about: impl Into<String>) -> Self {
        Self { name, about: about.into(), form, fallback: Fallback::Nothing }
    }

    fn needed(self) -> Self {
        Self { fallback: Fallback::Needed, ..self }
    }

    fn default(self, value: impl Into<Value>) -> Self {
        Self { fallback: Fallback::Value(value.into()), ..self }
    }

    fn fallback(self, said: &'static str) -> Self {
        Self { fallback: Fallback::Said(said), ..self }
    }

    /// All there is to say of it: what it is for, what may stand there, and what holds without it. Literals are in
    /// backticks.
    pub fn description(&self) -> String {
        let form = match &self.form {
            Form::Value { said, .. } => format!(" {said}."),
            Form::Fields(_) | Form::List { .. } => String::new(),
        };
        let fallback = match &self.fallback {
            Fallback::Needed => " Required.".to_owned(),
            Fallback::Nothing => String::new(),
            Fallback::Value(value) => format!(" Default: `{}`.", written(value)),
            Fallback::Said(fallback) => format!(" Default: {fallback}."),
        };
        format!("{}{form}{fallback}", self.about)
    }
}

/// A value as it is written in YAML.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) if !text.starts_with('0') => text.clone(),
        Value::Object(fields) => {
            let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {}", written(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
    }
}
