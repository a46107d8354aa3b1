//! The members of a JSON object, without parsing their values, so that an unreadable value affects no other.

use serde::de::IgnoredAny;
use serde_json::Deserializer;

/// Returns the names of an object with the texts of their values. A name that cannot be decoded is left out, with its
/// value. Returns what was read before the first syntax error.
pub(super) fn members(object: &str) -> Vec<(String, &str)> {
    let mut members = Vec::new();
    let Some(mut rest) = object.trim_ascii_start().strip_prefix('{') else { return members };
    loop {
        let Some((name, after)) = first_value(rest) else { return members };
        let Some(after) = after.trim_ascii_start().strip_prefix(':') else { return members };
        let Some((value, after)) = first_value(after) else { return members };
        if let Ok(name) = serde_json::from_str(name) {
            members.push((name, value));
        }
        match after.trim_ascii_start().strip_prefix(',') {
            Some(after) => rest = after,
            None => return members,
        }
    }
}

/// Splits the text after its first JSON value.
fn first_value(text: &str) -> Option<(&str, &str)> {
    let mut values = Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    text.split_at_checked(values.byte_offset())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    fn read(object: &str) -> Vec<(String, String)> {
        members(object).into_iter().map(|(name, value)| (name, value.trim_ascii().to_owned())).collect()
    }

    #[test]
    fn values_are_returned_as_they_are_written() {
        let text = "\n{ \"a\" : 1e999 ,\"b\\u0063\":\"x\\ud800,}\", \"\\ud800\":1, \"d\":[{},[1,2]],\"e\":{\"f\":\"}\"},\"g\":null , \"a\":7}";
        let read = read(text);
        let read: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let wanted = [
            ("a", "1e999"),
            ("bc", "\"x\\ud800,}\""),
            ("d", "[{},[1,2]]"),
            ("e", "{\"f\":\"}\"}"),
            ("g", "null"),
            ("a", "7"),
        ];
        assert_eq!(read, wanted);
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for text in ["", "[]", "7", "{}", "{", "{7:8}", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "\"{}\""] {
            assert!(read(text).is_empty(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn members_are_those_of_any_object(object in prop::collection::btree_map(any::<String>(), any::<(i64, Option<String>)>(), 0..8)) {
            let object: Map<String, Value> =
                object.into_iter().map(|(name, (number, text))| (name, serde_json::json!({"n": number, "t": text}))).collect();
            for text in [serde_json::to_string(&object).unwrap(), serde_json::to_string_pretty(&object).unwrap()] {
                let read: Map<String, Value> =
                    members(&text).into_iter().map(|(name, value)| (name, serde_json::from_str(value).unwrap())).collect();
                prop_assert_eq!(&read, &object);
            }
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>()) {
            let _ = members(&text);
            let _ = members(&format!("{{\"é\":{text}"));
        }
    }
}
