//! Custom claims: converts YAML to JSON. Their values are never shown.

use serde_json::{Map, Number, Value};

use super::other_reading::{other_reading, other_reading_of_name, what_changes};
use crate::config::{
    diagnostics::{Diagnostics, Location},
    fields::Fields,
    reader::Field,
    tree::Node,
};

/// What the claims are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Purpose {
    /// They are sent to a server, which may read numbers as JavaScript and Go do: with the precision of a double.
    Sent,
    /// They are compared with those of a session, exactly.
    Compared,
}

/// Reads an object of claims from a field.
pub(in crate::config) fn read(
    field: &Field,
    purpose: Purpose,
    diagnostics: &mut Diagnostics,
) -> Option<Map<String, Value>> {
    Some(object(field.fields(diagnostics)?, purpose, diagnostics))
}

fn object(fields: Fields, purpose: Purpose, diagnostics: &mut Diagnostics) -> Map<String, Value> {
    for (name, location) in fields.names() {
        note_name(name, &location, diagnostics);
    }
    let claims = fields.all().into_iter();
    claims.filter_map(|(key, field)| Some((key.to_owned(), value(&field, purpose, diagnostics)?))).collect()
}

fn value(field: &Field, purpose: Purpose, diagnostics: &mut Diagnostics) -> Option<Value> {
    match field.node {
        Node::Null => {
            diagnostics.mistake(&field.location, "no value", "give it one, or remove the line");
            None
        }
        Node::Bool(value) => Some(Value::Bool(*value)),
        Node::Integer(whole) => {
            let Some(number) = integer(*whole, purpose) else {
                diagnostics.mistake(&field.location, TOO_LARGE, "put it in quotes");
                return None;
            };
            as_written(number, field, diagnostics)
        }
        Node::Float(float) => {
            let Some(number) = Number::from_f64(*float) else {
                diagnostics.mistake(&field.location, "JSON has no such number", "put it in quotes");
                return None;
            };
            as_written(number, field, diagnostics)
        }
        Node::Text(written) => {
            note_text(written, field, diagnostics);
            field.text(diagnostics).map(|text| Value::String(text.value))
        }
        Node::List(_) => {
            let items = field.items(diagnostics);
            Some(Value::Array(items.iter().filter_map(|item| value(item, purpose, diagnostics)).collect()))
        }
        Node::Mapping(_) => field.fields(diagnostics).map(|fields| Value::Object(object(fields, purpose, diagnostics))),
    }
}

fn integer(number: i128, purpose: Purpose) -> Option<Number> {
    if purpose == Purpose::Sent && number.unsigned_abs() > EXACT_MAX {
        return None;
    }
    u64::try_from(number).map(Number::from).or_else(|_| i64::try_from(number).map(Number::from)).ok()
}

/// Returns a number that JSON writes as the file does. Any other one is a mistake: `1.10` would become 1.1.
fn as_written(number: Number, field: &Field, diagnostics: &mut Diagnostics) -> Option<Value> {
    let written = diagnostics.plain_word(&field.location);
    let Some(written) = written.filter(|written| *written != number.to_string()) else {
        return Some(Value::Number(number));
    };
    let what = format!("text or a number? As a number, {}", what_changes(written));
    diagnostics.mistake(
        &field.location,
        what,
        "put it in quotes if it is text; else write the number as JSON writes it",
    );
    None
}

/// Notes a plain text that other readers of YAML take for something else.
fn note_text(text: &str, field: &Field, diagnostics: &mut Diagnostics) {
    let Some(reading) = other_reading(text) else { return };
    if diagnostics.plain_word(&field.location) == Some(text) {
        let what = format!("this is text here, and {reading} for other readers of YAML");
        diagnostics.warning(&field.location, what, format!("put it in quotes if it is text, or write {reading}"));
    }
}

/// Notes a plain name that other readers of YAML take for something else, and refuses an empty one.
fn note_name(name: &str, location: &Location, diagnostics: &mut Diagnostics) {
    if name.is_empty() {
        diagnostics.mistake(location, "a claim without a name", "write its name before the `:`");
    }
    let Some(reading) = other_reading_of_name(name) else { return };
    if diagnostics.plain_word(location) == Some(name) {
        let what = format!("this name is sent as it is written, and is {reading} for other readers of YAML");
        diagnostics.warning(location, what, "put it in quotes");
    }
}

/// The largest whole number below which JavaScript, and Go's `any`, read all exactly: 2^53 - 1 (RFC 8259, section 6).
const EXACT_MAX: u128 = (1 << 53) - 1;
const TOO_LARGE: &str = "the number is too large: readers of JSON round it";
