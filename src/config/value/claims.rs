//! Custom claims: YAML becomes JSON. What they hold is shown to nobody.

use serde_json::{Map, Number, Value};

use crate::config::{fields::Fields, notes::Notes, reader::Field, tree::Node};

/// Reads an object of claims from a field.
pub(in crate::config) fn read(field: &Field, notes: &mut Notes) -> Option<Map<String, Value>> {
    Some(object(field.fields(notes)?, notes))
}

fn object(fields: Fields, notes: &mut Notes) -> Map<String, Value> {
    fields.all().into_iter().filter_map(|(key, field)| Some((key.to_owned(), value(&field, notes)?))).collect()
}

fn value(field: &Field, notes: &mut Notes) -> Option<Value> {
    match field.node {
        Node::Null => {
            notes.mistake(&field.spot, "no value", "give it one, or take the line away");
            None
        }
        Node::Bool(value) => Some(Value::Bool(*value)),
        Node::Integer(number) => match (u64::try_from(*number), i64::try_from(*number)) {
            (Ok(number), _) => Some(number.into()),
            (Err(_), Ok(number)) => Some(number.into()),
            (Err(_), Err(_)) => {
                notes.mistake(&field.spot, "the number is too large", "put it in quotes");
                None
            }
        },
        Node::Float(number) => {
            let number = Number::from_f64(*number);
            if number.is_none() {
                notes.mistake(&field.spot, "JSON has no such number", "put it in quotes");
            }
            number.map(Value::Number)
        }
        Node::Text(_) => field.text(notes).map(|text| Value::String(text.value)),
        Node::List(_) => {
            let items = field.items(notes);
            Some(Value::Array(items.iter().filter_map(|item| value(item, notes)).collect()))
        }
        Node::Mapping(_) => field.fields(notes).map(|fields| Value::Object(object(fields, notes))),
    }
}
