//! The description of a configuration: sections of entries, each with its form and its fallback.

use serde_json::{Map, Value};

/// A mapping of the configuration.
pub struct Section {
    /// Its title in editors, such as `Output`.
    pub title: &'static str,
    /// Its purpose, in sentences.
    pub about: String,
    /// Its fields, in reading order.
    pub entries: Vec<Entry>,
    /// Rules about combinations of fields, as keywords of JSON Schema.
    pub(super) rules: Map<String, Value>,
}

/// A field.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Its purpose, in sentences.
    pub about: String,
    /// Its legal values.
    pub form: Form,
    /// What applies without it.
    pub fallback: Fallback,
}

/// The legal values of a field.
pub enum Form {
    /// A single value, or one that people see as one.
    Value {
        /// For people: a sentence without its full stop.
        summary: String,
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

/// What applies if a field is missing.
pub enum Fallback {
    /// The field is required.
    Required,
    /// Nothing; the field is optional.
    Nothing,
    /// The same as with this value.
    Value(Value),
    /// A default in words: half a sentence.
    Text(&'static str),
}

impl Section {
    pub(super) fn new(title: &'static str, about: impl Into<String>, entries: Vec<Entry>) -> Self {
        Self { title, about: about.into(), entries, rules: Map::new() }
    }

    pub(super) fn rule(mut self, keyword: &str, rule: Value) -> Self {
        self.rules.insert(keyword.to_owned(), rule);
        self
    }
}

impl Entry {
    /// Creates an optional field.
    pub(super) fn new(name: &'static str, form: Form, about: impl Into<String>) -> Self {
        Self { name, about: about.into(), form, fallback: Fallback::Nothing }
    }

    pub(super) fn required(self) -> Self {
        Self { fallback: Fallback::Required, ..self }
    }

    pub(super) fn default(self, value: impl Into<Value>) -> Self {
        Self { fallback: Fallback::Value(value.into()), ..self }
    }

    pub(super) fn fallback(self, summary: &'static str) -> Self {
        Self { fallback: Fallback::Text(summary), ..self }
    }

    /// Describes the field: its purpose, its legal values and its default. Literals are in backticks.
    pub fn description(&self) -> String {
        let form = match &self.form {
            Form::Value { summary, .. } => format!(" {summary}."),
            Form::Fields(_) | Form::List { .. } => String::new(),
        };
        let fallback = match &self.fallback {
            Fallback::Required => " Required.".to_owned(),
            Fallback::Nothing => String::new(),
            Fallback::Value(value) => format!(" Default: `{}`.", written(value)),
            Fallback::Text(fallback) => format!(" Default: {fallback}."),
        };
        format!("{}{form}{fallback}", self.about)
    }
}

/// Formats a value as YAML.
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
