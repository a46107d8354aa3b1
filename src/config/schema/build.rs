//! Building blocks of the JSON Schema of a single value.

use serde_json::{Map, Value, json};

use super::{entry::Form, pattern};

pub(super) fn form(summary: &str, schema: Value) -> Form {
    let schema = match schema {
        Value::Object(schema) => schema,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    };
    Form::Value { summary: summary.to_owned(), schema }
}

pub(super) fn text(forms: &str, remedy: &str) -> Value {
    json!({"type": "string", "pattern": pattern::text(forms), "errorMessage": remedy})
}

pub(super) fn path(forms: &str, detour: &str, remedy: &str) -> Value {
    with(text(forms, remedy), "not", json!({"pattern": detour}))
}

pub(super) fn without_placeholder(path: Value, detour: &str) -> Value {
    with(path, "not", json!({"anyOf": [{"pattern": detour}, {"pattern": pattern::NAME_PLACEHOLDER}]}))
}

pub(super) fn not_blank(schema: Value) -> Value {
    with(schema, "not", json!({"pattern": pattern::BLANK}))
}

/// Builds a schema for one of the words, or a text with a variable.
pub(super) fn one_of(words: &[&str], remedy: &str) -> Value {
    let variable = format!("^{}$", pattern::with_variable());
    json!({"anyOf": [{"enum": words}, {"type": "string", "pattern": variable}], "errorMessage": remedy})
}

pub(super) fn with(mut schema: Value, keyword: &str, value: Value) -> Value {
    schema[keyword] = value;
    schema
}

/// Formats `a`, `b`, `c`.
pub(super) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
