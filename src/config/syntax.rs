//! Translates parser errors for a text that is not YAML into helpful messages that quote nothing of the text.

use std::fmt;

use serde::de::{Deserializer as _, Visitor};

use super::mistake::{Diagnostic, Place};

/// Turns the parser's error into a mistake. Repeats its text only if it is one of the parser's fixed sentences, because
/// what serde adds (`invalid value: string "…"`) quotes the document.
pub(super) fn diagnostic(error: &serde_yaml::Error, text: &str) -> Diagnostic {
    let full = error.to_string();
    let location = error.location();
    let is_at_tab = location.as_ref().is_some_and(|location| is_tab(text, location));
    let known = KNOWN.iter().find(|known| full.contains(known.pattern));
    let known = if is_at_tab { Some(&TAB) } else { known };
    let (what, remedy) = match known {
        Some(known) => (known.what.to_owned(), known.remedy),
        None if QUOTING.iter().any(|words| full.contains(words)) => {
            ("a value does not fit its tag".to_owned(), Some("remove the tag (`!!…`)"))
        }
        None => {
            let sentence = full.split(" at line ").next().unwrap_or_default();
            (
                format!("this is not YAML: {}", sentence.split(" at position ").next().unwrap_or_default()),
                Some(LOOK_ABOVE),
            )
        }
    };
    let column = location.as_ref().map(serde_yaml::Location::column);
    let what = match (known, column) {
        (None, Some(column)) => format!("{what} (column {column})"),
        (_, _) => what,
    };
    let line = location.map(|location| location.line()).or_else(|| second_document(text));
    Diagnostic { place: Place::Field { line, column, path: String::new() }, what, remedy: remedy.map(str::to_owned) }
}

/// Whether the parser stopped at a tab, whatever it says about it.
fn is_tab(text: &str, location: &serde_yaml::Location) -> bool {
    let line = text.lines().nth(location.line().saturating_sub(1));
    line.and_then(|line| line.chars().nth(location.column().saturating_sub(1))) == Some('\t')
}

/// Returns the line on which the second document begins, if there is one. The parser reports only the first value of
/// that document; the marker is on that line or above.
fn second_document(text: &str) -> Option<usize> {
    struct Stop;
    impl Visitor<'_> for Stop {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("nothing")
        }
    }
    let second = serde_yaml::Deserializer::from_str(text).nth(1)?;
    let value = second.deserialize_any(Stop).err()?.location()?.line();
    text.lines().take(value).collect::<Vec<_>>().iter().rposition(|line| line.starts_with("---")).map(|n| n + 1)
}

/// A parser error with a clearer message than the parser's.
pub(super) struct KnownError {
    /// A part of the error's text.
    pub(super) pattern: &'static str,
    what: &'static str,
    remedy: Option<&'static str>,
}

pub(super) const KEY: KnownError = KnownError {
    pattern: "tokenwell: key is no text",
    what: "a key is not text",
    remedy: Some("write keys as words, such as `projectId:`"),
};
pub(super) const TAG: KnownError = KnownError {
    pattern: "tokenwell: tagged value",
    what: "a value has a custom tag (`!…`), which is not supported",
    remedy: Some("remove the tag, or put the value in quotes"),
};
pub(super) const TOO_LARGE: KnownError = KnownError {
    pattern: "tokenwell: too large",
    what: "the aliases (`*…`) make this file too large",
    remedy: Some("write the values out, without aliases"),
};
const TAB: KnownError = KnownError {
    pattern: "found a tab character",
    what: "there is a tab where YAML allows only spaces",
    remedy: Some("use spaces instead of the tab"),
};
const KNOWN: [KnownError; 11] = [
    KEY,
    TAG,
    TOO_LARGE,
    TAB,
    KnownError { pattern: "repetition limit exceeded", ..TOO_LARGE },
    KnownError {
        pattern: "recursion limit exceeded",
        what: "this is nested too deeply",
        remedy: Some("reduce the nesting: no valid configuration is this deep"),
    },
    KnownError {
        pattern: "more than one document",
        what: "a second document begins (`---`)",
        remedy: Some("keep one document in the file"),
    },
    KnownError {
        pattern: "unknown anchor",
        what: "an alias (`*…`) names no anchor (`&…`) above it",
        remedy: Some("write the value out, without an alias"),
    },
    KnownError {
        pattern: "found character that cannot start any token",
        what: "no value begins with this character",
        remedy: Some("put a value that begins with `@`, `%` or a backtick in quotes"),
    },
    KnownError {
        pattern: "control characters are not allowed",
        what: "there is a control character in the file",
        remedy: Some("remove it, or save the file again as plain text"),
    },
    KnownError {
        pattern: "mapping values are not allowed in this context",
        what: "a `:` appears where no new field can begin",
        remedy: Some("indent like the lines above, and put a value that holds `: ` in quotes"),
    },
];
const LOOK_ABOVE: &str = "look for a quote or a bracket that is not closed, or a line that is not indented like its neighbours, there or \
     above";
/// How serde begins an error that quotes the document.
const QUOTING: [&str; 3] = ["invalid type: ", "invalid value: ", "invalid length: "];
