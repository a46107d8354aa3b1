//! Rust source as words and signs, without comments and without what stands in quotes. Nothing here relies on how the
//! source is laid out.

/// A word, a number, or a single sign (`::` counts as one). A text in quotes is one `"`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// Counted from 1.
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || first == '_')
    }
}

/// The tokens of a source text.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut rest = Rest { text: source, line: 1 };
    let mut tokens = Vec::new();
    while let Some(first) = rest.text.chars().next() {
        let line = rest.line;
        let mut push = |text: &str| tokens.push(Token { text: text.to_owned(), line });
        if let Some(length) = comment(rest.text) {
            rest.skip(length);
        } else if let Some(length) = quoted(rest.text) {
            push("\"");
            rest.skip(length);
        } else if first.is_alphanumeric() || first == '_' {
            let is_part = |part: char| part.is_alphanumeric() || part == '_';
            // `r#type` is the word `type`.
            let raw = if rest.text.starts_with("r#") { 2 } else { 0 };
            let length = rest.text[raw..].find(|part| !is_part(part)).map_or(rest.text.len(), |end| raw + end);
            push(&rest.text[raw..length]);
            rest.skip(length);
        } else if rest.text.starts_with("::") {
            push("::");
            rest.skip(2);
        } else {
            if !first.is_whitespace() {
                push(&first.to_string());
            }
            rest.skip(first.len_utf8());
        }
    }
    tokens
}

struct Rest<'a> {
    text: &'a str,
    line: usize,
}

impl Rest<'_> {
    fn skip(&mut self, length: usize) {
        let (skipped, rest) = self.text.split_at(length);
        self.line += skipped.matches('\n').count();
        self.text = rest;
    }
}

/// The length of the comment that the text begins with. Block comments nest.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    Some(text.len())
}

/// The length of the string or character that the text begins with, prefix and quotes included.
fn quoted(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r"].into_iter().find(|prefix| {
        let Some(rest) = text.strip_prefix(prefix) else { return false };
        let body = if prefix.ends_with('r') { rest.trim_start_matches('#') } else { rest };
        body.starts_with('"') || *prefix == "b" && body.starts_with('\'')
    });
    let prefix = prefix.unwrap_or_default();
    let body = &text[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = body.len() - body.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let opened = hashes + 1;
        return Some(prefix.len() + body[opened..].find(&end).map_or(body.len(), |at| opened + at + end.len()));
    }
    let quote = body.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    if quote == '\'' && is_lifetime(body) {
        return None;
    }
    let mut escaped = false;
    for (at, part) in body.char_indices().skip(1) {
        if !escaped && part == quote {
            return Some(prefix.len() + at + 1);
        }
        escaped = !escaped && part == '\\';
    }
    Some(text.len())
}

/// `'a` and not `'a'` or `'\n'`.
fn is_lifetime(text: &str) -> bool {
    let mut parts = text.chars().skip(1);
    let (first, second) = (parts.next(), parts.next());
    first.is_some_and(|first| first != '\\') && second != Some('\'')
}

#[cfg(test)]
mod tests {
    use super::tokens;

    fn texts(source: &str) -> String {
        tokens(source).into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_of_all_kinds_are_left_out() {
        assert_eq!(texts("a // b \" '\nc"), "a c");
        assert_eq!(texts("a /* b /* c */ d \" */ e"), "a e");
        assert_eq!(texts("//! doc\n/// doc\na /** doc */ b"), "a b");
        assert_eq!(texts("a / b * c"), "a / b * c");
        assert_eq!(texts("a /* never closed"), "a");
    }

    #[test]
    fn texts_of_all_kinds_are_one_quote() {
        assert_eq!(texts(r#"a "b \" // c" d"#), r#"a " d"#);
        assert_eq!(texts(r#"a "b \\" d"#), r#"a " d"#);
        assert_eq!(texts(r##"a r#"b " \"# d"##), r#"a " d"#);
        assert_eq!(texts(r#"a r"\" d"#), r#"a " d"#);
        assert_eq!(texts(r###"a br##"b "# c"## d"###), r#"a " d"#);
        assert_eq!(texts(r#"b"x" c"y" b'z' b'\'' d"#), r#"" " " " d"#);
        assert_eq!(texts("a \"/*\" b /* \" */ c"), "a \" b c");
        assert_eq!(texts("a \"two\nlines\" b"), "a \" b");
    }

    #[test]
    fn characters_differ_from_lifetimes() {
        assert_eq!(texts("'a' 'b"), "\" ' b");
        assert_eq!(texts(r#"'\'' '\\' '\u{1f}' '\"'"#), "\" \" \" \"");
        assert_eq!(
            texts("fn f<'a>(x: &'a str) -> Y<'_> { '\"' }"),
            "fn f < ' a > ( x : & ' a str ) - > Y < ' _ > { \" }"
        );
        assert_eq!(texts("'é' 'static"), "\" ' static");
    }

    #[test]
    fn words_that_look_like_prefixes_of_texts_are_words() {
        assert_eq!(texts("r#type b c br r"), "type b c br r");
        assert_eq!(texts("b == c"), "b = = c");
        assert_eq!(texts("var\"x\""), "var \"");
        assert_eq!(texts("1_000 0xff"), "1_000 0xff");
    }

    #[test]
    fn lines_are_counted_through_comments_and_texts() {
        let source = "a\n/* 2\n3 */ b\n\"4\n5\" c\n// 6\nd";
        let lines: Vec<_> = tokens(source).iter().map(|token| (token.text.clone(), token.line)).collect();
        assert_eq!(
            lines,
            [("a", 1), ("b", 3), ("\"", 4), ("c", 5), ("d", 7)].map(|(text, line)| (text.to_owned(), line))
        );
    }
}
