//! What the parser says of a text that is not YAML, in words that help and without a word of the text.

use std::fmt;

use serde::de::{Deserializer as _, Visitor};

use super::mistake::{Diagnostic, Place};

/// Turns the parser's error into a mistake. Its text is repeated only where it comes from the parser's own fixed
/// sentences: what serde adds (`invalid value: string "…"`) quotes the document.
pub(super) fn said(error: &serde_yaml::Error, text: &str) -> Diagnostic {
    let full = error.to_string();
    let location = error.location();
    let known = KNOWN.iter().find(|known| full.contains(known.said));
    let (what, remedy) = match known {
        Some(known) => (known.what.to_owned(), known.remedy),
        None if QUOTING.iter().any(|words| full.contains(words)) => {
            ("a value does not fit its tag".to_owned(), Some("take the tag (`!!…`) away"))
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
    Diagnostic { place: Place::Field { line, path: String::new() }, what, remedy: remedy.map(str::to_owned) }
}

/// The line on which the second document begins, if there is one: the parser does not say. It knows where the first value
/// of that document is; the marker stands there or above.
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

/// An error that is told in better words than the parser's.
pub(super) struct Known {
    /// What the error's text holds.
    pub(super) said: &'static str,
    what: &'static str,
    remedy: Option<&'static str>,
}

pub(super) const KEY: Known = Known {
    said: "tokenwell: key is no text",
    what: "a key is not text",
    remedy: Some("write keys as words, such as `projectId:`"),
};
pub(super) const TAG: Known = Known {
    said: "tokenwell: tagged value",
    what: "a value has a tag of its own (`!…`), and there are none here",
    remedy: Some("take the tag away, or put the value in quotes"),
};
pub(super) const TOO_LARGE: Known = Known {
    said: "tokenwell: too large",
    what: "the aliases (`*…`) make too much of this file",
    remedy: Some("write out what is meant, without aliases"),
};
const KNOWN: [Known; 10] = [
    KEY,
    TAG,
    TOO_LARGE,
    Known { said: "repetition limit exceeded", ..TOO_LARGE },
    Known {
        said: "recursion limit exceeded",
        what: "this nests too deeply",
        remedy: Some("write it flatter: no configuration is as deep as this"),
    },
    Known {
        said: "more than one document",
        what: "a second document begins (`---`)",
        remedy: Some("keep one document in the file"),
    },
    Known {
        said: "unknown anchor",
        what: "an alias (`*…`) names no anchor (`&…`) above it",
        remedy: Some("write out what is meant, without an alias"),
    },
    Known {
        said: "found character that cannot start any token",
        what: "no value begins with this character",
        remedy: Some("indent with spaces, not tabs; put a value that begins with `@`, `%` or a backtick in quotes"),
    },
    Known {
        said: "control characters are not allowed",
        what: "there is a control character in the file",
        remedy: Some("take it away, or save the file anew as plain text"),
    },
    Known {
        said: "mapping values are not allowed in this context",
        what: "a `:` stands where no new field can begin",
        remedy: Some("indent like the lines above, and put a value that holds `: ` in quotes"),
    },
];
const LOOK_ABOVE: &str = "look for a quote or a bracket that is not closed, or a line that is not indented like its neighbours, there or \
     above";
/// How serde begins an error that quotes the document.
const QUOTING: [&str; 3] = ["invalid type: ", "invalid value: ", "invalid length: "];
