//! A YAML document as a tree that still has its duplicate keys.

use std::{cell::Cell, fmt, rc::Rc};

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Visitor};

use super::mistake::{Place, Remark};

/// A value as YAML has it.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file, duplicates included.
    Mapping(Vec<(String, Node)>),
}

/// Reads the one document of a text. A syntax error is one mistake; nothing of the document is repeated in it, for the
/// parser cannot know what is secret.
pub(super) fn parse(text: &str) -> Result<Node, Remark> {
    let seed = Seed { left: Rc::new(Cell::new(NODES_AND_BYTES_MAX)) };
    seed.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|error| said(&error, text))
}

/// What a document is made of, for a message.
pub(super) fn kind(node: &Node) -> &'static str {
    match node {
        Node::Null => "nothing",
        Node::Bool(true) => "`true`",
        Node::Bool(false) => "`false`",
        Node::Integer(_) | Node::Float(_) => "a number",
        Node::Text(_) => "text",
        Node::List(_) => "a list",
        Node::Mapping(_) => "a mapping",
    }
}

/// Makes a node; counts what is made, for aliases can make much of little.
struct Seed {
    left: Rc<Cell<usize>>,
}

impl Seed {
    fn again(&self) -> Self {
        Self { left: Rc::clone(&self.left) }
    }

    fn spend<E: serde::de::Error>(&self, weight: usize) -> Result<(), E> {
        let left = self.left.get().checked_sub(weight).ok_or_else(|| E::custom(TOO_LARGE.said))?;
        self.left.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.spend(1)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Integer(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        // Beyond every bound there is; only its being too large matters.
        Ok(Node::Integer(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Node, E> {
        self.spend(text.len())?;
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(self.again())? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = mapping.next_key_seed(Key(self.again()))? {
            pairs.push((key, mapping.next_value_seed(self.again())?));
        }
        Ok(Node::Mapping(pairs))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Node, A::Error> {
        Err(A::Error::custom(TAG.said))
    }
}

/// Makes the key of a mapping. Scalars that are not text are keys as they are written; lists and mappings are none.
struct Key(Seed);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        match self.0.deserialize(deserializer)? {
            Node::Text(key) => Ok(key),
            Node::Bool(key) => Ok(key.to_string()),
            Node::Integer(key) => Ok(key.to_string()),
            Node::Float(key) => Ok(key.to_string()),
            Node::Null | Node::List(_) | Node::Mapping(_) => Err(D::Error::custom(KEY.said)),
        }
    }
}

/// Turns the parser's error into a mistake. Its text is repeated only where it comes from the parser's own fixed
/// sentences: what serde adds (`invalid value: string "…"`) quotes the document.
fn said(error: &serde_yaml::Error, text: &str) -> Remark {
    let full = error.to_string();
    let location = error.location();
    let known = KNOWN.iter().find(|known| full.contains(known.found()));
    let (what, remedy) = match known {
        Some(known) => (known.what.to_owned(), known.remedy),
        None if QUOTING.iter().any(|words| full.contains(words)) => {
            ("a value does not fit its tag".to_owned(), Some("take the tag (`!!…`) away"))
        }
        None => {
            let sentence = full.split(" at line ").next().unwrap_or_default();
            (format!("this is not YAML: {}", sentence.split(" at position ").next().unwrap_or_default()), None)
        }
    };
    let column = location.as_ref().map(serde_yaml::Location::column);
    let what = match (known, column) {
        (None, Some(column)) => format!("{what} (column {column})"),
        (_, _) => what,
    };
    let line = location.map(|location| location.line()).or_else(|| second_document(text));
    Remark { place: Place::Field { line, path: String::new() }, what, remedy: remedy.map(str::to_owned) }
}

/// The line on which the second document begins, if there is one: the parser does not say. It knows where the first value
/// of that document is; the marker stands there or above.
fn second_document(text: &str) -> Option<usize> {
    struct Stop;
    impl<'de> Visitor<'de> for Stop {
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
struct Known {
    /// What the error's text holds.
    said: &'static str,
    what: &'static str,
    remedy: Option<&'static str>,
}

impl Known {
    fn found(&self) -> &'static str {
        self.said
    }
}

const KEY: Known = Known {
    said: "tokenwell: key is no text",
    what: "a key is not text",
    remedy: Some("write keys as words, such as `projectId:`"),
};
const TAG: Known = Known {
    said: "tokenwell: tagged value",
    what: "a value has a tag of its own (`!…`), and there are none here",
    remedy: Some("take the tag away, or put the value in quotes"),
};
const TOO_LARGE: Known = Known {
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
    Known { said: "unknown anchor", what: "an alias (`*…`) names no anchor (`&…`) above it", remedy: None },
    Known {
        said: "found character that cannot start any token",
        what: "no value begins with this character",
        remedy: Some("indent with spaces, not tabs; put a value that begins with `@`, `%` or a backtick in quotes"),
    },
    Known {
        said: "control characters are not allowed",
        what: "there is a control character in the file",
        remedy: None,
    },
    Known {
        said: "mapping values are not allowed in this context",
        what: "a `:` stands where no new field can begin",
        remedy: Some("indent like the lines above, and put a value that holds `: ` in quotes"),
    },
];
/// How serde begins an error that quotes the document.
const QUOTING: [&str; 3] = ["invalid type: ", "invalid value: ", "invalid length: "];
/// Nodes plus bytes of text, aliases written out; four times what a file may have.
const NODES_AND_BYTES_MAX: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_keys_survive() {
        let node = parse("a: 1\na: 2\n").unwrap();
        assert_eq!(node, Node::Mapping(vec![("a".to_owned(), Node::Integer(1)), ("a".to_owned(), Node::Integer(2))]));
    }

    #[test]
    fn a_value_that_does_not_fit_its_tag_is_not_repeated() {
        for text in ["a: !!int K2canary", "a: !!bool K2canary", "a: !secret K2canary", "a: !!null K2canary"] {
            let remark = parse(text).unwrap_err();
            assert!(!format!("{remark:?}").contains("canary"), "{remark:?}");
        }
    }

    #[test]
    fn aliases_cannot_make_much_of_little() {
        let lines: Vec<_> = (1..30).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]", n - 1)).collect();
        let bomb = format!("a0: &a0 lol\n{}", lines.join("\n"));
        assert!(parse(&bomb).unwrap_err().what.contains("aliases"));
        let wide = format!("a: &a [{}]\nb: [{}]", "0,".repeat(60_000), "*a,".repeat(20_000));
        assert!(parse(&wide).unwrap_err().what.contains("aliases"));
    }
}
