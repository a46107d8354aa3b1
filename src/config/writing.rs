//! How a scalar is written in the file, which the tree does not keep: whether it is plain, and with which characters.

use std::cell::Cell;

use super::line_number::{self, Part};

/// The text of the file, and how much of it may still be parsed for scalars.
pub(super) struct Writing<'a> {
    text: &'a str,
    bytes_left: Cell<usize>,
}

impl<'a> Writing<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, bytes_left: Cell::new(PARSED_BYTES_MAX) }
    }

    /// Returns the first word of the plain scalar that `steps` lead to: neither in quotes nor a block, and without a tag. `None` also if too
    /// much was parsed already, because each answer costs a parse.
    pub(super) fn plain_word(&self, steps: &[usize], part: Part) -> Option<&'a str> {
        self.bytes_left.set(self.bytes_left.get().checked_sub(self.text.len())?);
        let (line, column) = line_number::position(self.text, steps, part)?;
        let line = self.text.split('\n').nth(line - 1)?;
        let (start, _) = line.char_indices().nth(column - 1)?;
        let scalar = &line[start..];
        let scalar = match scalar.strip_prefix('&') {
            Some(anchored) => anchored.split_once([' ', '\t'])?.1.trim_start(),
            None => scalar,
        };
        let word = scalar.split([' ', '\t', '\r', ',', ']', '}']).next().unwrap_or_default();
        let word = word.strip_suffix(':').unwrap_or(word);
        (!word.is_empty() && !word.starts_with(['"', '\'', '|', '>', '!'])).then_some(word)
    }
}

/// Some thousand parses of a usual file, and a second of work for the largest.
const PARSED_BYTES_MAX: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, steps: &[usize], part: Part) -> Option<String> {
        Writing::of(text).plain_word(steps, part).map(str::to_owned)
    }

    #[test]
    fn a_plain_scalar_is_found_as_it_is_written() {
        for text in
            ["a: 1.10\n", "a: 1.10 # x", "{a: 1.10}", "a: &b 1.10\n", "é: 1.10\r\n", "{a: 1.10, b: 1}", "a:\n  1.10"]
        {
            assert_eq!(word(text, &[0], Part::Value).as_deref(), Some("1.10"), "{text}");
        }
        assert_eq!(word("- 1\n- [2, 1.10]", &[1, 1], Part::Value).as_deref(), Some("1.10"));
        assert_eq!(word("a: &b 1.10\nc: *b\n", &[1], Part::Value).as_deref(), Some("1.10"));
        assert_eq!(word("1.10: x", &[0], Part::Key).as_deref(), Some("1.10"));
    }

    #[test]
    fn a_scalar_in_quotes_or_with_a_tag_is_not_plain() {
        for text in [
            "a: \"yes\"",
            "a: 'yes'",
            "a: |\n  yes\n",
            "a: >-\n  yes",
            "a: !!str yes",
            "a: &b 'yes'",
            "a: !!str &b yes",
            "a: &b !!str yes",
        ] {
            assert_eq!(word(text, &[0], Part::Value), None, "{text}");
        }
        assert_eq!(word("'1.10': x", &[0], Part::Key), None);
    }
}
