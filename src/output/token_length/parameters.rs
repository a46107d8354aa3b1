//! The parameters of nginx's configuration, as nginx splits a text.

/// Returns the parameters of a text as they are written, without the quote at their end: nginx counts the one at their
/// beginning. A comment is none.
pub(super) fn parameters(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(is_between);
        while rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, after)| after).trim_start_matches(is_between);
        }
        let quote = rest.chars().next()?;
        let is_quoted = matches!(quote, '"' | '\'');
        let begins_at = usize::from(is_quoted);
        let ends = |found: char| if is_quoted { found == quote } else { is_between(found) };
        let bytes = begins_at + end(&rest[begins_at..], ends);
        let (parameter, after) = rest.split_at(bytes);
        rest = after.get(begins_at..).unwrap_or_default();
        Some(parameter)
    })
}

/// Returns where the first character is that ends a parameter and is not behind a backslash.
fn end(text: &str, ends: impl Fn(char) -> bool) -> usize {
    let mut is_escaped = false;
    for (at, found) in text.char_indices() {
        if !is_escaped && ends(found) {
            return at;
        }
        is_escaped = found == '\\' && !is_escaped;
    }
    text.len()
}

/// Whether a character stands between two parameters.
fn is_between(found: char) -> bool {
    found.is_ascii_whitespace() || matches!(found, ';' | '{' | '}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_as_nginx_splits_it() {
        for (text, expected) in [
            ("", &[][..]),
            (" \n ;; ", &[]),
            ("proxy_set_header A \"Bearer a.b\";", &["proxy_set_header", "A", "\"Bearer a.b"]),
            ("set $a 'x;y {z}';set $b c;", &["set", "$a", "'x;y {z}", "set", "$b", "c"]),
            (r#"set $a "q\"q\\"; # a "comment"; x"#, &["set", "$a", r#""q\"q\\"#]),
            ("# one\n# two\nset $a b#c;", &["set", "$a", "b#c"]),
            ("map $a $b { default \"c\"; }", &["map", "$a", "$b", "default", "\"c"]),
            ("set $a \"never closed", &["set", "$a", "\"never closed"]),
            ("set $a é\\;ü;", &["set", "$a", "é\\;ü"]),
        ] {
            assert_eq!(parameters(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
