//! How deep a template's expressions go. The engine's compiler calls itself once for every operator of an expression and
//! every `elif` of a condition, without a bound, so that a very long one would end the process. No person writes one by hand.

/// The line, counted from one, on which a tag is longer or deeper than the engine can bear.
pub(super) fn beyond_bounds(text: &str) -> Option<usize> {
    let mut rest = text;
    let mut conditions = 0;
    while let Some(at) = ["{{", "{%", "{#"].iter().filter_map(|mark| rest.find(mark)).min() {
        let tag = &rest[at..];
        let line = 1 + text[..text.len() - tag.len()].matches('\n').count();
        if tag.starts_with("{#") {
            rest = tag.split_once("#}").map_or("", |(_, after)| after);
            continue;
        }
        let (tag, after) = split_tag(tag);
        let inside = tag.inside.trim_matches(['-', '+', ' ']);
        if inside == "raw" {
            rest = after.split_once("endraw").map_or("", |(_, after)| after);
            continue;
        }
        conditions += usize::from(inside.starts_with("elif"));
        if tag.weight > WEIGHT_MAX || tag.depth > DEPTH_MAX || conditions > CONDITIONS_MAX {
            return Some(line);
        }
        rest = after;
    }
    None
}

struct Tag<'t> {
    inside: &'t str,
    /// Its bytes, without those in quotes and without spaces.
    weight: usize,
    /// The most brackets that are open at once.
    depth: usize,
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
                return (Tag { inside: &text[MARK_BYTES..at], weight, depth }, &text[at + MARK_BYTES..]);
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
    (Tag { inside: &text[MARK_BYTES..], weight, depth }, "")
}

const MARK_BYTES: usize = 2;
/// Twice as much has been seen to fit into the stack of a thread (2 MiB) without any optimisation.
const WEIGHT_MAX: usize = 1024;
const DEPTH_MAX: usize = 32;
const CONDITIONS_MAX: usize = 100;

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
    fn bounds_hold_wherever_the_tag_stands() {
        let chain = "+1".repeat(600);
        assert_eq!(beyond_bounds(&format!("a\n{{# {{{{ #}}\n{{{{ 1{chain} }}}}")), Some(3));
        assert_eq!(beyond_bounds(&format!("{{{{ '}}}}' ~ 1{chain} }}}}")), Some(1));
        assert_eq!(beyond_bounds(&format!("{{{{ {{1: {{2: 3}}}}{chain} }}}}")), Some(1));
        assert_eq!(beyond_bounds(&format!("{{# {chain} #}}{chain}{{{{ '{chain}' }}}}")), None);
        assert_eq!(beyond_bounds(&"{{ token }}{% if token %}{% endif %}".repeat(1000)), None);
        assert_eq!(beyond_bounds(&"x\n{%- elif token %}".repeat(101)), Some(102));
        assert_eq!(beyond_bounds(&"{%- elif token %}".repeat(100)), None);
        assert_eq!(beyond_bounds(&format!("{{{{ {} }}}}", "(".repeat(33))), Some(1));
        assert_eq!(beyond_bounds(&format!("{{%- raw %}}{{{{ 1{chain} {{% endraw %}}")), None);
        assert_eq!(beyond_bounds(&format!("{{%- raw %}}{{% endraw %}}\n{{{{ 1{chain} }}}}")), Some(2));
        assert_eq!(beyond_bounds("é{{ 'é\\"), None);
    }
}
