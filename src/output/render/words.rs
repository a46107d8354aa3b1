//! The words of a template that the language must know: what is called, the filters and the tests.
//!
//! The engine looks for them only when a branch is rendered. This looks in every branch, because no token can change what
//! they mean: no value of a token has methods, and the language has no functions.

use std::collections::BTreeSet;

use super::{
    tag::{is_around, tags},
    vocabulary::{FILTERS, TESTS},
};

/// A word without a meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct UnknownWord<'t> {
    /// The line of its tag, counted from one.
    pub(super) line: usize,
    /// The word.
    pub(super) name: &'t str,
    /// What it is used as.
    pub(super) used_as: UsedAs,
}

/// What a word is used as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UsedAs {
    /// `name(…)`
    Function,
    /// `x.name(…)`
    Method,
    /// `x | name`
    Filter,
    /// `x is name`
    Test,
}

/// Finds words without a meaning, each use of them once per tag.
pub(super) fn unknown_words(text: &str) -> Vec<UnknownWord<'_>> {
    let mut found = Vec::new();
    for tag in tags(text) {
        let tokens = tokens(tag.inside.trim_matches(is_around));
        for (n, name) in tokens.iter().enumerate().filter_map(|(n, token)| Some((n, token.name()?))) {
            let before = &tokens[..n];
            let is_called = tokens.get(n + 1) == Some(&Token::Mark(b'('));
            let Some(used_as) = used_as(before, name, is_called) else { continue };
            let unknown = UnknownWord { line: tag.line(text), name, used_as };
            if !is_known(name, used_as) && !found.contains(&unknown) {
                found.push(unknown);
            }
        }
    }
    found
}

/// The names in tags that take slices, such as `token[:4]`, but for those that the template defines itself. The engine overlooks
/// the names of what is sliced.
pub(super) fn names_beside_slices(text: &str) -> BTreeSet<&str> {
    let (mut defined, mut names) = (BTreeSet::new(), BTreeSet::new());
    for tag in tags(text) {
        let tokens = tokens(tag.inside.trim_matches(is_around));
        defined.extend(targets(&tokens));
        if has_slice(&tokens) {
            names.extend(heads(&tokens));
        }
    }
    names.difference(&defined).copied().collect()
}

/// The names that a tag defines.
fn targets<'t>(tokens: &[Token<'t>]) -> impl Iterator<Item = &'t str> {
    let (end, assigns) = match tokens.first() {
        Some(Token::Name("for")) => (Token::Name("in"), false),
        Some(Token::Name("set" | "with")) => (Token::Mark(b'='), true),
        _ => return Vec::new().into_iter(),
    };
    let before = tokens.iter().take_while(|token| **token != end).skip(1);
    let assigned = tokens.windows(2).filter(|pair| assigns && pair[1] == end).map(|pair| &pair[0]);
    before.chain(assigned).filter_map(|token| token.name()).collect::<Vec<_>>().into_iter()
}

/// The names of values: each first name of a path.
fn heads<'t>(tokens: &[Token<'t>]) -> impl Iterator<Item = &'t str> {
    tokens.iter().enumerate().filter_map(move |(n, token)| {
        let name = token.name()?;
        let after = (tokens.get(n + 1), tokens.get(n + 2));
        let is_argument = after.0 == Some(&Token::Mark(b'=')) && after.1 != Some(&Token::Mark(b'='));
        let is_part = tokens[..n].last() == Some(&Token::Mark(b'.'));
        let is_word = is_argument || used_as(&tokens[..n], name, false).is_some();
        (!is_part && !is_word && !KEYWORDS.contains(&name) && !CONSTANTS.contains(&name)).then_some(name)
    })
}

/// Whether a colon is directly within square brackets.
fn has_slice(tokens: &[Token<'_>]) -> bool {
    let mut open = Vec::new();
    tokens.iter().any(|token| {
        match token {
            Token::Mark(bracket @ (b'[' | b'(' | b'{')) => open.push(*bracket),
            Token::Mark(b']' | b')' | b'}') => _ = open.pop(),
            Token::Mark(b':') => return open.last() == Some(&b'['),
            Token::Name(_) | Token::Literal | Token::Mark(_) => {}
        }
        false
    })
}

fn used_as(before: &[Token<'_>], name: &str, is_called: bool) -> Option<UsedAs> {
    match before {
        [.., Token::Mark(b'.')] if is_called => Some(UsedAs::Method),
        [.., Token::Mark(b'.')] => None,
        [.., Token::Mark(b'|')] | [Token::Name("filter")] => Some(UsedAs::Filter),
        [before @ .., Token::Name("is")] | [before @ .., Token::Name("is"), Token::Name("not")]
            if name != "not" && before.last() != Some(&Token::Mark(b'.')) =>
        {
            Some(UsedAs::Test)
        }
        _ if is_called && !KEYWORDS.contains(&name) => Some(UsedAs::Function),
        _ => None,
    }
}

fn is_known(name: &str, used_as: UsedAs) -> bool {
    match used_as {
        // A loop calls itself by it.
        UsedAs::Function => name == "loop",
        UsedAs::Method => METHODS_OF_LOOPS.contains(&name),
        UsedAs::Filter => FILTERS.contains(&name),
        UsedAs::Test => TESTS.contains(&name),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Name(&'t str),
    /// A literal text or number.
    Literal,
    Mark(u8),
}

impl<'t> Token<'t> {
    fn name(self) -> Option<&'t str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Literal | Self::Mark(_) => None,
        }
    }
}

fn tokens(inside: &str) -> Vec<Token<'_>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let mut rest = inside.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '"' | '\'' => (Token::Literal, length_of_text(rest, first)),
            _ if is_part(first) => {
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                let token = if first.is_ascii_digit() { Token::Literal } else { Token::Name(&rest[..length]) };
                (token, length)
            }
            _ => (Token::Mark(rest.as_bytes()[0]), first.len_utf8()),
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    tokens
}

/// The length of a literal text, with its quotes.
fn length_of_text(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + quote.len_utf8())
}

/// Words of the language that a bracket may follow.
const KEYWORDS: [&str; 12] = ["and", "do", "elif", "else", "for", "if", "in", "is", "not", "or", "set", "with"];
/// Names that the language defines.
const CONSTANTS: [&str; 8] = ["False", "None", "True", "false", "loop", "none", "self", "true"];
const METHODS_OF_LOOPS: [&str; 2] = ["changed", "cycle"];

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(usize, &str, UsedAs)> {
        unknown_words(text).into_iter().map(|word| (word.line, word.name, word.used_as)).collect()
    }

    #[test]
    fn words_are_found_in_every_branch_and_only_there() {
        use UsedAs::{Filter, Function, Method, Test};
        for (text, found) in [
            ("{% for k, v in claims.items() %}{% endfor %}", vec![(1, "items", Method)]),
            ("\n{{ claims.a.get ('b', 'c()') }}", vec![(2, "get", Method)]),
            ("{% if false %}{{ range(3) }}{% endif %}", vec![(1, "range", Function)]),
            (
                "{{ token | sha256 | upper }}{{ [1]|map(attribute='x') }}",
                vec![(1, "sha256", Filter), (1, "map", Filter)],
            ),
            ("{% filter indent(2) %}x{% endfilter %}", vec![(1, "indent", Filter)]),
            ("{{ claims.x is not odd }}{{ 1 is even(2) }}", vec![(1, "odd", Test), (1, "even", Test)]),
            ("{%- set x = dict(a=now()) -%}", vec![(1, "dict", Function), (1, "now", Function)]),
            ("{{ \"a\\\" b()\" }}{# f() #}{% raw %}{{ f() }}{% endraw %} f()", vec![]),
            ("{% if (token) and not (1) or (2 in (3, 4)) %}{% elif (1) %}{% endif %}", vec![]),
            ("{% for a in (1, 2) recursive %}{{ loop.cycle(1, 2) }}{{ loop([]) }}{% endfor %}", vec![]),
            ("{{ claims.is.x }}{{ claims.filter | default('') }}{{ x is not defined }}", vec![]),
            ("{% filter upper %}x{% endfilter %}{{ 1.5 }}{{ not not (1) }}{% set (a, b) = (1, 2) %}", vec![]),
        ] {
            assert_eq!(words(text), found, "{text}");
        }
    }
    #[test]
    fn what_is_sliced_is_named() {
        let names = |text: &'static str| names_beside_slices(text).into_iter().collect::<Vec<_>>();
        assert_eq!(names("{{ token[:4] }}{{ tokn[-4:]|upper }}{{ claims.x['y'][1:2] }}"), ["claims", "token", "tokn"]);
        assert_eq!(names("{{ {'a': b}[c] }}{{ d | replace(from=e, to=[1:2]) }}"), ["d", "e"]);
        assert_eq!(names("{% set x = token %}{{ x[:4] }}{% for y in z %}{{ y[:4] if true }}{% endfor %}"), [""; 0]);
        assert_eq!(
            names("{% set x = token[:4] %}{% set a, b = 1, c[:1] %}{{ x[:1] ~ a[:1] ~ b[:1] }}"),
            ["c", "token"]
        );
        assert_eq!(
            names("{% with a=d[:1], b=2 %}{{ b[:2] }}{% endwith %}{% for e, f in g[:1] %}{{ f[:1] }}{% endfor %}"),
            ["d", "g"]
        );
    }
}
