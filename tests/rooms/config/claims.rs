//! Claims that would be sent as something else than they are written, or that readers of YAML read differently.

use std::fs;

use serde_json::{Map, Value};
use tokenwell::{
    config::{self, ConfigSource, Loaded},
    source::{AccessKey, Kind},
};

use crate::case::{BARE, good, refusal, written};

fn with(claims: &str) -> String {
    BARE.replace("name: a,", &format!("name: a, customClaims: {claims},"))
}

/// Returns the claims that are sent.
fn sent(loaded: &Loaded) -> Map<String, Value> {
    let Kind::AccessKey(AccessKey { options, .. }) = &loaded.config.credentials[0].source.kind else { panic!("a key") };
    options.custom_claims.clone()
}

#[test]
fn a_number_that_json_writes_otherwise_is_a_mistake() {
    for (written, part) in [
        ("1.10", "as 1.10 becomes 1.1"),
        ("2.", "as 1.10 becomes 1.1"),
        ("[1, {b: 7.50}]", "as 1.10 becomes 1.1"),
        ("1e3", "other digits"),
        ("1E-400", "other digits"),
        ("0x1F", "decimal digits"),
        ("0o17", "decimal digits"),
        ("0b101", "decimal digits"),
        ("+12", "loses its sign"),
        ("-0", "loses its sign"),
        (".5", "a zero before the point"),
        ("123456789.123456789", "digits are lost"),
        ("340282366920938463463374607431768211457", "digits are lost"),
        ("9007199254740992", "too large"),
        ("-9007199254740992", "too large"),
        ("18446744073709551616", "too large"),
        (".nan", "no such number"),
        ("-.inf", "no such number"),
    ] {
        let refusal = refusal(&with(&format!("{{a: {written}}}")), &[]);
        assert!(refusal.contains("customClaims.a") && refusal.contains(part), "{written}: {refusal}");
        assert!(refusal.contains("in quotes"), "{written}: {refusal}");
    }
    let rule = BARE.replace("name: a,", "name: a, verify: {claims: {version: &v 1.10}},");
    assert!(refusal(&rule, &[]).contains("verify.claims.version: text or a number?"));
}

#[test]
fn what_is_unambiguous_is_sent_as_it_is_written() {
    for (written, value) in [
        ("1", "1"),
        ("-3", "-3"),
        ("1.5", "1.5"),
        ("1.0", "1.0"),
        ("-0.25", "-0.25"),
        ("9007199254740991", "9007199254740991"),
        ("true", "true"),
        ("\"1.10\"", "\"1.10\""),
        ("'yes'", "\"yes\""),
        ("!!str 1.10", "\"1.10\""),
        ("2026-01-01", "\"2026-01-01\""),
        ("1.2.3", "\"1.2.3\""),
        ("[1, 1.5, gold]", "[1,1.5,\"gold\"]"),
    ] {
        let loaded = good(&with(&format!("{{a: {written}}}")), &[]);
        assert_eq!(sent(&loaded)["a"].to_string(), value, "{written}");
        assert!(loaded.warnings.is_empty(), "{written}: {:?}", loaded.warnings);
    }
    let exact = BARE.replace("name: a,", "name: a, verify: {claims: {id: 18446744073709551615}},");
    good(&exact, &[]);
}

#[test]
fn text_that_others_read_as_something_else_gets_a_warning() {
    for (written, reading) in [
        ("yes", "`true`"),
        ("Off", "`false`"),
        ("010", "a number"),
        ("1_000", "a number"),
        ("12:30", "a number"),
        ("1e400", "a number"),
    ] {
        let loaded = good(&with(&format!("{{a: [{{b: {written}}}]}}")), &[]);
        assert_eq!(sent(&loaded)["a"][0]["b"], written);
        let warnings: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
        let expected = format!("customClaims.a[0].b: this is text here, and {reading} for other readers of YAML");
        assert!(warnings.len() == 1 && warnings[0].contains(&expected), "{written}: {warnings:?}");
    }
}

#[test]
fn the_names_of_claims_are_text_as_written() {
    for (name, is_warned_of) in [
        ("1.10", true),
        ("True", true),
        ("on", true),
        ("null", true),
        ("0x1F", true),
        ("\"1.10\"", false),
        ("'on'", false),
        ("7", false),
        ("2026-01-01", false),
    ] {
        let (_folder, path) = written(b"");
        fs::write(&path, with(&format!("{{{name}: x}}"))).unwrap();
        // JSON has only names of text, so the schema cannot be asked.
        let loaded = config::load(&ConfigSource::file(&path), &std::iter::empty::<(&str, &str)>().collect()).unwrap();
        assert_eq!(sent(&loaded).keys().collect::<Vec<_>>(), [name.trim_matches(['"', '\''])]);
        assert_eq!(!loaded.warnings.is_empty(), is_warned_of, "{name}: {:?}", loaded.warnings);
    }
}
