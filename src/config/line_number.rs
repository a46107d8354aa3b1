//! Finds the line and the column of a value.
//!
//! The tree has no positions, because serde provides none. But the parser adds the position of the current value to an
//! error that a visitor raises. So the text is parsed again, down to the wanted value, and an error is raised there.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The path from the root to a value: the index of the child at each level, counted from zero.
pub(super) type NodePath = Vec<usize>;

/// Which part of the last step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Part {
    /// The key of a mapping's entry.
    Key,
    /// The value.
    Value,
}

/// Returns the line and the column, counted from one, of the node that `steps` lead to; `None` if they lead nowhere. The value
/// of an alias is found where the anchor is.
pub(super) fn position(text: &str, steps: &[usize], part: Part) -> Option<(usize, usize)> {
    let walk = Walk { steps, part };
    let end = serde_yaml::Deserializer::from_str(text).deserialize_any(walk).err()?;
    end.location().map(|location| (location.line(), location.column()))
}

/// Follows its steps and stops with an error at their end.
#[derive(Clone, Copy)]
struct Walk<'a> {
    steps: &'a [usize],
    part: Part,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Every scalar is refused by default: it is the end of the steps, or the steps lead nowhere.
impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the end of the steps")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some((wanted, rest)) = self.steps.split_first() else { return Err(here()) };
        for _ in 0..*wanted {
            list.next_element::<IgnoredAny>()?;
        }
        list.next_element_seed(Walk { steps: rest, ..self }).map(|_| ())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<(), A::Error> {
        let Some((wanted, rest)) = self.steps.split_first() else { return Err(here()) };
        for _ in 0..*wanted {
            mapping.next_entry::<IgnoredAny, IgnoredAny>()?;
        }
        if rest.is_empty() && self.part == Part::Key {
            return mapping.next_key_seed(Walk { steps: &[], part: Part::Value }).map(|_| ());
        }
        mapping.next_key::<IgnoredAny>()?;
        mapping.next_value_seed(Walk { steps: rest, ..self })
    }
}

fn here<E: Error>() -> E {
    E::custom("here")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# a comment
a: 1
b:
  - x: 1
    x: 2
    x: [1, 2,
        3]
  - &y
    z: ~
c: *y
d:
";

    fn line(text: &str, steps: &[usize], part: Part) -> Option<usize> {
        position(text, steps, part).map(|(line, _)| line)
    }

    #[test]
    fn the_column_is_that_of_the_key_or_the_value() {
        assert_eq!(position(TEXT, &[0], Part::Value), Some((2, 4)));
        assert_eq!(position(TEXT, &[1, 0, 1], Part::Key), Some((5, 5)));
    }

    #[test]
    fn keys_values_and_duplicates_are_found_on_their_lines() {
        let lines = [
            (line(TEXT, &[], Part::Value), Some(2)),
            (line(TEXT, &[0], Part::Key), Some(2)),
            (line(TEXT, &[1], Part::Key), Some(3)),
            (line(TEXT, &[1], Part::Value), Some(4)),
            (line(TEXT, &[1, 0, 1], Part::Key), Some(5)),
            (line(TEXT, &[1, 0, 1], Part::Value), Some(5)),
            (line(TEXT, &[1, 0, 2, 2], Part::Value), Some(7)),
            (line(TEXT, &[1, 1, 0], Part::Value), Some(9)),
            (line(TEXT, &[2, 0], Part::Value), Some(9)),
            (line(TEXT, &[3], Part::Value), Some(11)),
        ];
        for (n, (found, wanted)) in lines.into_iter().enumerate() {
            assert_eq!(found, wanted, "case {n}");
        }
    }

    #[test]
    fn steps_that_lead_nowhere_have_no_line() {
        assert_eq!(line("- 1\n", &[5], Part::Value), None);
    }
}
