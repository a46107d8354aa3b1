//! Custom claims: converts YAML to JSON. Their values are never shown.

use serde_json::{Map, Number, Value};

use crate::config::{diagnostics::Diagnostics, fields::Fields, reader::Field, tree::Node};

/// Reads an object of claims from a field.
pub(in crate::config) fn read(field: &Field, diagnostics: &mut Diagnostics) -> Option<Map<String, Value>> {
    Some(object(field.fields(diagnostics)?, diagnostics))
}

fn object(fields: Fields, diagnostics: &mut Diagnostics) -> Map<String, Value> {
    fields.all().into_iter().filter_map(|(key, field)| Some((key.to_owned(), value(&field, diagnostics)?))).collect()
}

fn value(field: &Field, diagnostics: &mut Diagnostics) -> Option<Value> {
    match field.node {
        Node::Null => {
            diagnostics.mistake(&field.location, "no value", "give it one, or remove the line");
            None
        }
        Node::Bool(value) => Some(Value::Bool(*value)),
        Node::Integer(number) => match (u64::try_from(*number), i64::try_from(*number)) {
            (Ok(number), _) => Some(number.into()),
            (Err(_), Ok(number)) => Some(number.into()),
            (Err(_), Err(_)) => {
                diagnostics.mistake(&field.location, "the number is too large", "put it in quotes");
                None
            }
        },
        Node::Float(number) => {
            let number = Number::from_f64(*number);
            if number.is_none() {
                diagnostics.mistake(&field.location, "JSON has no such number", "put it in quotes");
            }
            number.map(Value::Number)
        }
        Node::Text(_) => field.text(diagnostics).map(|text| Value::String(text.value)),
        Node::List(_) => {
            let items = field.items(diagnostics);
            Some(Value::Array(items.iter().filter_map(|item| value(item, diagnostics)).collect()))
        }
        Node::Mapping(_) => field.fields(diagnostics).map(|fields| Value::Object(object(fields, diagnostics))),
    }
}
