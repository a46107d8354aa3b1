//! Objects with values that cannot be represented, and texts that are not objects.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

fn read(object: &str) -> Vec<(String, String)> {
    let object = JsonObject::parse(object.as_bytes()).unwrap_or_else(|why| panic!("{why}: {object}"));
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    object.members.into_iter().map(|(name, value)| (name, text(value))).collect()
}

fn why_not(text: impl AsRef<[u8]>) -> Option<NotAnObject> {
    JsonObject::parse(text.as_ref()).err()
}

#[test]
fn values_are_returned_as_they_are_written() {
    let text = "\n{ \"a\" : 1e999 ,\"b\\u0063\":\"x\\ud800,}\", \"\\ud800\":1, \"d\":[{},[1,2]],\"e\":{\"f\":\"}\"},\"g\":null , \"a\":7} ";
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
fn no_value_spoils_another() {
    let (deep, wide) = (format!("{}1{}", "[".repeat(5000), "]".repeat(5000)), "9".repeat(400));
    for odd in ["1e400", "-1e400", &wide, "\"\\ud800\"", "\"\\udc00\\ud800\"", &deep, "{\"a\":1,\"a\":2}", "1e-400"] {
        for text in [format!(r#"{{"x":{odd},"keyId":"K2"}}"#), format!(r#"{{"keyId":"K2","x":{odd}}}"#)] {
            let object = JsonObject::parse(text.as_bytes()).unwrap_or_else(|why| panic!("{why}: {odd}"));
            assert_eq!(object.field("keyId").text(), Some("K2"), "{odd:.40}");
            assert_eq!(object.field("x").text(), None, "{odd:.40}");
        }
    }
    for odd in [&b"\"x\":\"\xff\xfe\","[..], b"\"\xff\":1,", b"\"\\ud800\":1,"] {
        let text = [b"{", odd, b"\"keyId\":\"K2\"}"].concat();
        assert_eq!(JsonObject::parse(&text).ok().unwrap().field("keyId").text(), Some("K2"), "{odd:?}");
    }
}

#[test]
fn the_last_of_two_equal_names_counts() {
    let object = JsonObject::parse(br#"{"a":"1","a":"2"}"#).ok().unwrap();
    assert_eq!(object.field("a").text(), Some("2"));
    assert_eq!(object.to_map(), *serde_json::json!({"a": "2"}).as_object().unwrap());
}

#[test]
fn what_is_no_object_has_its_true_cause() {
    for (text, why) in [
        ("", NotAnObject::Empty),
        (" \r\n", NotAnObject::Empty),
        ("<html>", NotAnObject::Page),
        ("\n<?xml?>", NotAnObject::Page),
        ("[]", NotAnObject::OtherValue),
        ("7", NotAnObject::OtherValue),
        ("\"{}\"", NotAnObject::OtherValue),
        ("null", NotAnObject::OtherValue),
        (")]}',\n{}", NotAnObject::NoJson),
        ("\u{c}{}", NotAnObject::NoJson),
        ("{", NotAnObject::EndsEarly),
        ("{\"a", NotAnObject::EndsEarly),
        ("{\"a \n", NotAnObject::EndsEarly),
        ("{\"a\"", NotAnObject::EndsEarly),
        ("{\"a\":", NotAnObject::EndsEarly),
        ("{\"a\":1", NotAnObject::EndsEarly),
        ("{\"a\":[1,", NotAnObject::EndsEarly),
        ("{\"a\":1,", NotAnObject::EndsEarly),
        ("{7:8}", NotAnObject::Syntax { at: 1 }),
        ("{\"a\"}", NotAnObject::Syntax { at: 4 }),
        ("{\"a\":}", NotAnObject::Syntax { at: 5 }),
        ("{\"a\" 1}", NotAnObject::Syntax { at: 5 }),
        ("{\"a\":1,}", NotAnObject::Syntax { at: 7 }),
        ("{\"a\":007}", NotAnObject::Syntax { at: 6 }),
        ("{\"a\":+7}", NotAnObject::Syntax { at: 5 }),
        ("{/**/}", NotAnObject::Syntax { at: 1 }),
        ("{\"a\":\"x\ty\"}", NotAnObject::ControlCharacter { at: 7 }),
        ("{\n\n\"a\":\"x\ny\"}", NotAnObject::ControlCharacter { at: 9 }),
        ("{\"a\":NaN}", NotAnObject::NotFinite { at: 5 }),
        ("{\"a\":[\n1,\n-Infinity]}", NotAnObject::NotFinite { at: 11 }),
        ("{} x", NotAnObject::TextAfter { at: 3 }),
        ("{}{}", NotAnObject::TextAfter { at: 2 }),
        ("{}\0", NotAnObject::TextAfter { at: 2 }),
    ] {
        assert_eq!(why_not(text), Some(why), "{text:?}");
    }
    for wide in [&b"\xff\xfe{\0}\0"[..], b"\xfe\xff\0{\0}", b"{\0}\0", b"\0{\0}", b"\0\0\0{"] {
        assert_eq!(why_not(wide), Some(NotAnObject::WideCharacters), "{wide:?}");
    }
}

#[test]
fn a_byte_order_mark_and_space_around_are_accepted() {
    for text in ["\u{feff}{}", "\u{feff} {}", " \t\r\n{ } \t\r\n"] {
        assert_eq!(why_not(text), None, "{text:?}");
    }
}

#[test]
fn elements_are_returned_as_they_are_written() {
    assert_eq!(
        elements(b"[ 1e999 ,{\"a\":[]}, \"\\ud800\"] "),
        Some(vec![&b"1e999"[..], b"{\"a\":[]}", b"\"\\ud800\""])
    );
    assert_eq!(elements(b"[]"), Some(Vec::new()));
    for text in ["", "{}", "[", "[1", "[1,]", "[1 2]", "[1]x"] {
        assert_eq!(elements(text.as_bytes()), None, "{text}");
    }
}

proptest! {
    #[test]
    fn members_are_those_of_any_object(object in prop::collection::btree_map(any::<String>(), any::<(i64, Option<String>)>(), 0..8)) {
        let object: Map<String, Value> =
            object.into_iter().map(|(name, (number, text))| (name, serde_json::json!({"n": number, "t": text}))).collect();
        for text in [serde_json::to_string(&object).unwrap(), serde_json::to_string_pretty(&object).unwrap()] {
            prop_assert_eq!(&JsonObject::parse(text.as_bytes()).ok().unwrap().to_map(), &object);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in any::<Vec<u8>>()) {
        let _ = (JsonObject::parse(&bytes), elements(&bytes));
        let _ = JsonObject::parse(&[b"{\"a\":", &bytes[..]].concat());
        let _ = elements(&[b"[", &bytes[..]].concat());
    }

    #[test]
    fn what_the_json_library_reads_is_read_alike(text in r#"[{}\[\]":,0-9eE+. a\\-]{0,24}"#) {
        if let Ok(Value::Object(object)) = serde_json::from_str(&text) {
            prop_assert_eq!(JsonObject::parse(text.as_bytes()).ok().unwrap().to_map(), object);
        }
    }
}
