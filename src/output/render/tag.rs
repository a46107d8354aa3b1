//! The tags of a template, as the engine finds them in its text: `{{ … }}` and `{% … %}`. Comments and raw blocks have none.

/// A tag.
pub(super) struct Tag<'t> {
    /// Where it begins in the text.
    at: usize,
    /// What is between its marks.
    pub(super) inside: &'t str,
    /// Its bytes, without those in quotes and without spaces.
    pub(super) weight: usize,
    /// The most brackets that are open at once.
    pub(super) depth: usize,
}

impl Tag<'_> {
    /// The line of its first byte, counted from one.
    pub(super) fn line(&self, text: &str) -> usize {
        1 + text[..self.at].matches('\n').count()
    }
}

/// Returns the tags in their order.
pub(super) fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let at = ["{{", "{%", "{#"].iter().filter_map(|mark| rest.find(mark)).min()?;
            let opened = &rest[at..];
            if opened.starts_with("{#") {
                rest = opened.split_once("#}").map_or("", |(_, after)| after);
                continue;
            }
            let (tag, after) = split_tag(opened);
            if opened.starts_with("{%") && tag.inside.trim_matches(is_around) == "raw" {
                rest = after_raw(after);
                continue;
            }
            rest = after;
            return Some(Tag { at: text.len() - opened.len(), ..tag });
        }
    })
}

/// What follows the mark that ends a raw block.
fn after_raw(text: &str) -> &str {
    let is_end = |at: &usize| text[at + MARK_BYTES..].trim_start_matches(is_around).starts_with("endraw");
    let end = text.match_indices("{%").map(|(at, _)| at).find(is_end);
    end.and_then(|at| text[at..].split_once("%}")).map_or("", |(_, after)| after)
}

/// Whether a character may be between a mark of a tag and its first or last word.
pub(super) fn is_around(c: char) -> bool {
    matches!(c, '-' | '+') || c.is_ascii_whitespace()
}

/// Takes a tag apart from what follows it. As the engine has it, no tag ends inside of quotes or brackets.
fn split_tag(text: &str) -> (Tag<'_>, &str) {
    let end = if text.starts_with("{{") { b"}}" } else { b"%}" };
    let (mut weight, mut depth, mut open) = (0, 0, 0_usize);
    let mut quote = None;
    let bytes = text.as_bytes();
    let mut at = MARK_BYTES;
    while let Some(byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(opener), _) if opener == byte => quote = None,
            (None, _) if open == 0 && bytes[at..].starts_with(end) => {
                return (Tag { at: 0, inside: &text[MARK_BYTES..at], weight, depth }, &text[at + MARK_BYTES..]);
            }
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => open += 1,
            (None, b')' | b']' | b'}') => open = open.saturating_sub(1),
            (Some(_) | None, _) => {}
        }
        depth = depth.max(open);
        weight += usize::from(quote.is_none() && !byte.is_ascii_whitespace());
        at += 1;
    }
    (Tag { at: 0, inside: &text[MARK_BYTES..], weight, depth }, "")
}

const MARK_BYTES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_measured_without_its_texts_and_spaces() {
        let weight = |text: &str| split_tag(text).0.weight;
        assert_eq!(weight("{{ a + 1 }} bcd"), 3);
        assert_eq!(weight("{{ 'a }} b' }} c"), 1, "the quote that closes");
        assert_eq!(weight(r#"{{ "a \" }} b" ~ c }} d"#), 3);
        assert_eq!(weight("{{ {'a': {'b': 1}} }} x"), 9);
        assert_eq!(weight("{% if a %}"), 3);
        assert_eq!(weight("{{ a"), 1);
        assert_eq!(split_tag("{{ f([{'x': (1)}]) }}").0.depth, 4);
    }

    #[test]
    fn comments_and_raw_blocks_have_no_tags() {
        let text = "a{# {{ b }} #}\n{{ c }}{%- raw -%}{{ d }} endraw {{ e }}{%-endraw %}\n\n{% if f %}{{ g";
        let found: Vec<_> = tags(text).map(|tag| (tag.line(text), tag.inside.trim())).collect();
        assert_eq!(found, [(2, "c"), (4, "if f"), (4, "g")]);
    }
}
