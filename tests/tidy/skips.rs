//! A test that ends early says so: it calls `common/skipped.rs`, directly or by a function that does.

use std::{collections::BTreeSet, path::Path};

use crate::{
    sources::texts,
    tokens::{Token, tokens},
};

#[test]
fn no_test_ends_early_in_silence() {
    let sources: Vec<_> = texts()
        .filter(|(path, _)| path.starts_with("tests/") && Path::new(path).extension().is_some_and(|end| end == "rs"))
        .map(|(path, text)| (path, tokens(&text)))
        .collect();
    let functions: Vec<_> = sources
        .iter()
        .flat_map(|(path, tokens)| functions(tokens).into_iter().map(move |found| (path, found)))
        .collect();
    let recorders = recorders(&functions.iter().map(|(_, found)| found).collect::<Vec<_>>());
    assert!(recorders.len() > 10, "the functions that record a skipped test: {recorders:?}");
    let mut faults = Vec::new();
    for (path, function) in functions.iter().filter(|(_, found)| found.is_test) {
        for line in silent_ends(function, &recorders) {
            faults.push(format!(
                "{path}:{line}: test `{}` ends early and does not record it: call `skipped::…` there",
                function.name
            ));
        }
    }
    super::none(&faults);
}

/// A function, with the type whose `impl` it stands in.
struct Function<'a> {
    owner: String,
    name: String,
    /// Whether it has an attribute such as `#[test]`, and no `#[ignore]`.
    is_test: bool,
    /// With its braces.
    body: &'a [Token],
}

/// The type and the name of a function.
type Name = (String, String);

/// The functions that record a skipped test, directly or by another one of them.
fn recorders(functions: &[&Function<'_>]) -> BTreeSet<Name> {
    let mut known = BTreeSet::new();
    loop {
        let found: BTreeSet<_> = functions
            .iter()
            .filter(|function| !function.is_test && records(function.body, &function.owner, &known))
            .map(|function| (function.owner.clone(), function.name.clone()))
            .collect();
        if found == known {
            return known;
        }
        known = found;
    }
}

/// Whether code calls a function of `skipped`, or one that records a skipped test.
fn records(code: &[Token], owner: &str, recorders: &BTreeSet<Name>) -> bool {
    (0..code.len()).any(|at| {
        let text = |offset: usize| at.checked_sub(offset).map_or("", |index| code[index].text.as_str());
        let called = text(0);
        let is_call = code[at].is_word() && code.get(at + 1).is_none_or(|next| next.text != "!" && next.text != ":");
        match text(1) {
            _ if !is_call => false,
            "::" if text(2) == "skipped" => true,
            "::" => {
                let named = if text(2) == "Self" { owner } else { text(2) };
                let is_type = named.starts_with(char::is_uppercase);
                let owner = if is_type { named } else { "" };
                recorders.contains(&(owner.to_owned(), called.to_owned()))
            }
            "." => recorders.iter().any(|(owner, name)| !owner.is_empty() && name == called),
            _ => recorders.contains(&(String::new(), called.to_owned())),
        }
    })
}

/// The lines of a test where it returns early, and neither the block of the `return` nor its condition records it. A
/// `return` with a value belongs to a closure.
fn silent_ends(function: &Function<'_>, recorders: &BTreeSet<Name>) -> Vec<usize> {
    let body = function.body;
    let is_bare = |at: usize| body.get(at + 1).is_none_or(|next| matches!(next.text.as_str(), ";" | "}" | ","));
    let ends = (0..body.len()).filter(|at| body[*at].text == "return" && is_bare(*at));
    ends.filter(|at| !records(statement(body, *at), &function.owner, recorders)).map(|at| body[at].line).collect()
}

/// The innermost block around a token, with the condition before it.
fn statement(body: &[Token], at: usize) -> &[Token] {
    let mut depth = 0;
    let open = (0..at).rev().find(|index| {
        match body[*index].text.as_str() {
            "}" => depth += 1,
            "{" if depth == 0 => return true,
            "{" => depth -= 1,
            _ => {}
        }
        false
    });
    let open = open.unwrap_or(0);
    let is_end = |token: &Token| matches!(token.text.as_str(), ";" | "{" | "}");
    let start = (0..open).rev().find(|index| is_end(&body[*index])).map_or(0, |index| index + 1);
    let end = open + block(&body[open..]).len();
    &body[start..end]
}

/// The block that these tokens begin with, with its braces.
fn block(tokens: &[Token]) -> &[Token] {
    let mut depth = 0;
    let end = tokens.iter().position(|token| {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    &tokens[..end.map_or(tokens.len(), |end| end + 1)]
}

/// Every function of a file, the methods included.
fn functions(tokens: &[Token]) -> Vec<Function<'_>> {
    let mut found = Vec::new();
    let (mut owner, mut owner_end) = (String::new(), 0);
    let (mut is_test, mut is_ignored) = (false, false);
    for at in 0..tokens.len() {
        if at >= owner_end {
            owner.clear();
        }
        let word = |offset: usize| tokens.get(at + offset).map_or("", |token| token.text.as_str());
        let body_at = || tokens[at..].iter().position(|token| token.text == "{").map(|open| at + open);
        match word(0) {
            "#" if word(1) == "[" => {
                let attribute =
                    tokens[at + 2..].iter().take_while(|token| !matches!(token.text.as_str(), "(" | "]" | "="));
                let last = attribute.last().map_or("", |token| token.text.as_str());
                is_test |= last == "test";
                is_ignored |= last == "ignore";
            }
            "impl" => {
                let Some(open) = body_at() else { continue };
                let header: Vec<_> = tokens[at..open].iter().filter(|token| token.is_word()).collect();
                let of_a_trait = header.iter().position(|token| token.text == "for").map_or(0, |index| index + 1);
                let is_type = |token: &&&Token| token.text.starts_with(char::is_uppercase);
                let named = header[of_a_trait..].iter().find(is_type);
                // `impl Trait` as the type of an argument has no block of its own.
                if let Some(named) = named
                    && at.checked_sub(1).is_none_or(|before| matches!(tokens[before].text.as_str(), "}" | ";" | "]"))
                {
                    (owner, owner_end) = (named.text.clone(), open + block(&tokens[open..]).len());
                }
            }
            "fn" if tokens.get(at + 1).is_some_and(Token::is_word) => {
                let Some(open) = body_at() else { continue };
                found.push(Function {
                    owner: owner.clone(),
                    name: word(1).to_owned(),
                    is_test: std::mem::take(&mut is_test) & !std::mem::take(&mut is_ignored),
                    body: block(&tokens[open..]),
                });
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{functions, recorders, silent_ends};
    use crate::tokens::tokens;

    fn silent(source: &str) -> Vec<usize> {
        let tokens = tokens(source);
        let functions = functions(&tokens);
        let recorders = recorders(&functions.iter().collect::<Vec<_>>());
        functions
            .iter()
            .filter(|function| function.is_test)
            .flat_map(|function| silent_ends(function, &recorders))
            .collect()
    }

    #[test]
    fn a_silent_return_is_found() {
        assert_eq!(silent("#[test]\nfn a() {\nif !there() { return; }\nf() }\nfn there() -> bool { false }"), [3]);
        assert_eq!(
            silent("#[test]\nfn a() { let Some(x) = f() else {\nreturn };\nskipped::on_this_machine(\"\") }"),
            [3]
        );
        assert_eq!(silent("struct B; impl B { fn new() {} }\n#[test]\nfn a() { if B::new() { return; } }"), [3]);
    }

    #[test]
    fn a_recorded_one_is_not() {
        for source in [
            "#[test] fn a() { if no() { skipped::on_this_machine(\"\"); return; } f() }",
            "#[test] fn a() { if no() { return skipped::without_root(\"\"); } f(|x| { return 1; }) }",
            "#[test] fn a() { if !needs(\"x\") { return; } f() } fn needs() { skipped::without_program(\"\") }",
            "#[test] fn a() { let Some(b) = B::new() else { return }; } impl B { fn new() { Self::of() } fn of() { skipped::x() } }",
            "#[test] #[ignore = \"a child\"] fn a() { if no() { return; } f() }",
            "fn no_test() { if no() { return; } f() }",
        ] {
            assert_eq!(silent(source), [0; 0], "{source}");
        }
    }
}
