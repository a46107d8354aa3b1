//! Values in the JSON of the control endpoint. A wrong one is refused with what it must be, and never echoed.

use serde_json::{Map, Value};

use crate::sandbox::values::Malformed;

/// A value, or what it must be instead.
pub(super) type Read<T> = Result<T, String>;

/// Reads every member, and reports every mistake with the member's name.
pub(super) fn members(value: &Value, mut member: impl FnMut(&str, &Value) -> Read<()>) -> Read<()> {
    let mistakes: Vec<_> = object(value)?
        .iter()
        .filter_map(|(name, value)| member(name, value).err().map(|mistake| format!("`{name}` {mistake}")))
        .collect();
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes.join("; ")) }
}

pub(super) fn object(value: &Value) -> Read<Map<String, Value>> {
    value.as_object().cloned().ok_or_else(|| "must be a JSON object".to_owned())
}

pub(super) fn list<T>(value: &Value, item: impl Fn(&Value) -> Read<T>) -> Read<Vec<T>> {
    let items = value.as_array().ok_or_else(|| "must be a JSON list".to_owned())?;
    let numbered = items.iter().enumerate();
    numbered.map(|(index, value)| item(value).map_err(|mistake| format!("item {index}: {mistake}"))).collect()
}

pub(super) fn text(value: &Value) -> Read<&str> {
    value.as_str().ok_or_else(|| "must be a JSON string".to_owned())
}

/// Reads an identifier of 1 to 64 bytes.
pub(super) fn short_text(value: &Value) -> Read<String> {
    let short = value.as_str().filter(|text| (1..=64).contains(&text.len()));
    short.map(str::to_owned).ok_or_else(|| "must be a JSON string of 1 to 64 bytes".to_owned())
}

pub(super) fn flag(value: &Value) -> Read<bool> {
    value.as_bool().ok_or_else(|| "must be true or false".to_owned())
}

/// Reads a number from 1 on.
pub(super) fn count(value: &Value) -> Read<u32> {
    let count = value.as_u64().filter(|count| *count > 0).and_then(|count| u32::try_from(count).ok());
    count.ok_or_else(|| "must be a number from 1 on".to_owned())
}

/// Reads a string with `read`. Its message also answers a value that is not a string.
pub(super) fn word<T>(value: &Value, read: impl Fn(&str) -> Result<T, Malformed>) -> Read<T> {
    read(value.as_str().unwrap_or_default()).map_err(|malformed| malformed.to_string())
}

pub(super) fn nullable<T>(value: &Value, read: impl FnOnce(&Value) -> Read<T>) -> Read<Option<T>> {
    if value.is_null() { Ok(None) } else { read(value).map(Some) }
}
