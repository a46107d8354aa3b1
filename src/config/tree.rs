//! A YAML document as a tree that keeps duplicate keys.

use std::{cell::Cell, fmt, rc::Rc};

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Visitor};

use super::{
    mistake::Diagnostic,
    syntax::{self, KEY, TAG, TOO_LARGE},
};

/// A YAML value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file, including duplicates.
    Mapping(Vec<(String, Node)>),
}

/// Parses a text with one document. A syntax error is one mistake, which quotes nothing of the document, because the
/// parser cannot know what is secret.
pub(super) fn parse(text: &str) -> Result<Node, Diagnostic> {
    let seed = Seed { left: Rc::new(Cell::new(NODES_AND_BYTES_MAX)) };
    seed.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|error| syntax::diagnostic(&error, text))
}

/// Describes the kind of a node, for a message.
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

/// Builds nodes and counts them, because aliases can expand a small file into a large tree.
struct Seed {
    left: Rc<Cell<usize>>,
}

impl Seed {
    fn again(&self) -> Self {
        Self { left: Rc::clone(&self.left) }
    }

    fn spend<E: serde::de::Error>(&self, weight: usize) -> Result<(), E> {
        let left = self.left.get().checked_sub(weight).ok_or_else(|| E::custom(TOO_LARGE.pattern))?;
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
        // Larger than every bound, so the exact value does not matter.
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
        Err(A::Error::custom(TAG.pattern))
    }
}

/// Builds the key of a mapping. Scalars become text as written (`1.10`, `True`); lists and mappings are refused.
struct Key(Seed);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = String;

    /// The parser puts this into its error for a list or a mapping.
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(KEY.pattern)
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<String, E> {
        self.0.spend(1 + key.len())?;
        Ok(key.to_owned())
    }
}

/// The limit of nodes plus bytes of text, with aliases expanded: four times the size limit of a file.
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
            let mistake = parse(text).unwrap_err();
            assert!(!format!("{mistake:?}").contains("canary"), "{mistake:?}");
        }
    }

    #[test]
    fn aliases_cannot_expand_a_small_file_without_bound() {
        let lines: Vec<_> = (1..30).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]", n - 1)).collect();
        let bomb = format!("a0: &a0 lol\n{}", lines.join("\n"));
        assert!(parse(&bomb).unwrap_err().what.contains("aliases"));
        let wide = format!("a: &a [{}]\nb: [{}]", "0,".repeat(60_000), "*a,".repeat(20_000));
        assert!(parse(&wide).unwrap_err().what.contains("aliases"));
    }
}
