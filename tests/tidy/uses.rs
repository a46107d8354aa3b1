//! What a file names: paths, macros and methods, with imports resolved and test code left out.

use std::collections::HashMap;

use crate::tokens::{Token, tokens};

/// Something that code names.
///
/// `std::fs::File::open` for a path, however it was imported; `println!` for a macro; `.expose` for a method.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Use {
    pub(crate) name: String,
    pub(crate) line: usize,
}

impl Use {
    /// Whether this is `name` or something in it. An import of everything in a module is taken for an import of `name`.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with("::"));
        let all_of = self.name.strip_suffix("::*");
        self.name == name || within(&self.name, name) || all_of.is_some_and(|module| within(name, module))
    }

    /// The first part of a path.
    pub(crate) fn root(&self) -> &str {
        self.name.split("::").next().unwrap_or_default()
    }
}

/// What the code of a file names, and which modules it declares for tests only.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Every name, those of imports first.
    pub(crate) uses: Vec<Use>,
    pub(crate) imports: Vec<Import>,
    pub(crate) test_modules: Vec<String>,
}

impl Named {
    /// The names in code, without the imports themselves.
    pub(crate) fn in_code(&self) -> &[Use] {
        &self.uses[self.imports.len()..]
    }
}

/// One name that a `use` brings into a file: `alias` for the path `name`.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) alias: String,
    pub(crate) name: String,
    /// Whether it is a `pub use`, visible to other files.
    pub(crate) is_reexport: bool,
}

/// Reads a source text.
pub(crate) fn named(source: &str) -> Named {
    let all = tokens(source);
    let (code, test_modules) = without_tests(&all);
    let mut reading = Reading { tokens: &code, at: 0, uses: Vec::new(), imports: Vec::new(), reexports: false };
    reading.read();
    let Reading { uses, imports, .. } = reading;
    let known: HashMap<&str, &str> =
        imports.iter().map(|(import, _)| (import.alias.as_str(), import.name.as_str())).collect();
    let resolved = |found: &Use| {
        let mut found = found.clone();
        // An import may be of an import: `use std::time; use time::Instant;`.
        for _ in 0..IMPORTS_OF_IMPORTS_MAX {
            let root = found.root();
            let Some(whole) = known.get(root).filter(|whole| whole.split("::").next() != Some(root)) else { break };
            found.name = format!("{whole}{}", &found.name[root.len()..]);
        }
        found
    };
    let of_imports = imports.iter().map(|(import, line)| Use { name: import.name.clone(), line: *line });
    let uses = of_imports.chain(uses).map(|found| resolved(&found)).collect();
    Named { uses, imports: imports.into_iter().map(|(import, _)| import).collect(), test_modules }
}

/// The tokens of a source text without those of tests.
pub(crate) fn code(source: &str) -> Vec<Token> {
    without_tests(&tokens(source)).0
}

/// The tokens less every item behind `#[cfg(test)]`, and the names of modules among those items that have a file.
fn without_tests(all: &[Token]) -> (Vec<Token>, Vec<String>) {
    let (mut code, mut modules) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < all.len() {
        if !begins(&all[at..], &["#", "[", "cfg", "(", "test", ")", "]"]) {
            code.push(all[at].clone());
            at += 1;
            continue;
        }
        at += 7;
        let end = at + end_of_item(&all[at..]);
        if end - at >= 3 && all[end - 3].text == "mod" && all[end - 1].text == ";" {
            modules.push(all[end - 2].text.clone());
        }
        at = end;
    }
    (code, modules)
}

/// How many tokens there are up to the `;`, or to the `}` of the first `{` that stands in no other bracket.
fn end_of_item(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (n, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" if depth <= 1 => return n + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return n + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn begins(tokens: &[Token], with: &[&str]) -> bool {
    tokens.len() >= with.len() && tokens.iter().zip(with).all(|(token, text)| token.text == *text)
}

struct Reading<'a> {
    tokens: &'a [Token],
    at: usize,
    uses: Vec<Use>,
    /// Imports with their lines.
    imports: Vec<(Import, usize)>,
    /// Whether the `use` being read begins with `pub`.
    reexports: bool,
}

impl Reading<'_> {
    fn read(&mut self) {
        while let Some(token) = self.tokens.get(self.at) {
            let before = |steps| self.at.checked_sub(steps).map(|before| self.text(before));
            let is_field = before(1) == Some(".") && before(2) != Some(".");
            if token.text == "use" && !self.is(self.at + 1, "<") {
                self.reexports = self.is_public(self.at);
                self.at += 1;
                self.tree(&mut Vec::new());
            } else if !token.is_word() || before(1) == Some("'") || (before(2), before(1)) == (Some("pub"), Some("(")) {
                self.at += 1;
            } else if is_field {
                if self.is(self.at + 1, "(") || self.is(self.at + 1, "::") {
                    self.uses.push(Use { name: format!(".{}", token.text), line: token.line });
                }
                self.at += 1;
            } else {
                self.path();
            }
        }
    }

    /// `a::b::c` or `a::b!` in the midst of code.
    fn path(&mut self) {
        let line = self.tokens[self.at].line;
        let mut name = self.text(self.at).to_owned();
        self.at += 1;
        while self.is(self.at, "::") && self.tokens.get(self.at + 1).is_some_and(Token::is_word) {
            name.push_str("::");
            name.push_str(self.text(self.at + 1));
            self.at += 2;
        }
        if self.is(self.at, "!") && !self.is(self.at + 1, "=") {
            name.push('!');
        }
        self.uses.push(Use { name, line });
    }

    /// What stands behind `use`, or within its braces.
    fn tree(&mut self, before: &mut Vec<String>) {
        let depth = before.len();
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            match token.text.as_str() {
                "::" => {}
                "{" => {
                    while !self.is(self.at, "}") && self.at < self.tokens.len() {
                        self.tree(before);
                        if self.is(self.at, ",") {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    break;
                }
                name => {
                    before.push(name.to_owned());
                    if !self.is(self.at, "::") {
                        self.leaf(before, token.line);
                        break;
                    }
                }
            }
        }
        before.truncate(depth);
    }

    fn leaf(&mut self, path: &[String], line: usize) {
        let whole = match path {
            [module @ .., last] if last == "self" && !module.is_empty() => module,
            path => path,
        };
        let mut alias = whole.last().cloned().unwrap_or_default();
        if self.is(self.at, "as") {
            self.text(self.at + 1).clone_into(&mut alias);
            self.at += 2;
        }
        let import = Import { alias, name: whole.join("::"), is_reexport: self.reexports };
        self.imports.push((import, line));
    }

    /// Whether `pub`, or `pub` with something in brackets, stands before this token.
    fn is_public(&self, at: usize) -> bool {
        let before = &self.tokens[..at];
        let before = match before.last().map(|token| token.text.as_str()) {
            Some(")") => before.rsplitn(2, |token| token.text == "(").last().unwrap_or_default(),
            _ => before,
        };
        before.last().is_some_and(|token| token.text == "pub")
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.text(at) == text
    }
}

const IMPORTS_OF_IMPORTS_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use super::{Use, named};

    fn names(source: &str) -> Vec<String> {
        let mut names: Vec<_> = named(source).uses.into_iter().map(|found| found.name).collect();
        names.retain(|name| name.contains("::") || name.contains('!') || name.starts_with('.'));
        names
    }

    #[test]
    fn imports_are_flattened_however_they_are_nested() {
        let source = "use std::{fs::{self, File as F}, io};\npub(crate) use crate::{state, secret::Secret};use a::*;";
        let wanted =
            ["std::fs", "std::fs::File", "std::io", "crate::state", "crate::secret::Secret", "a::*"].map(str::to_owned);
        assert_eq!(names(source), wanted);
    }

    #[test]
    fn a_path_is_known_by_its_import_whatever_it_is_called() {
        let source = "use std::fs::{self, File as F}; fn f() { fs::read(1); F :: open(2); std\n::net::x() }";
        assert_eq!(names(source)[2..], ["std::fs::read", "std::fs::File::open", "std::net::x"]);
        assert_eq!(names("use std::time; use time::Instant; fn f() { Instant::now() }")[2], "std::time::Instant::now");
    }

    #[test]
    fn macros_and_methods_are_named_as_such() {
        let source = "fn f() { println!(1); a.b.expose(); a.now; x != y; std::print ! (2); 0..a::b(); 1.0.c() }";
        assert_eq!(names(source), ["println!", ".expose", "std::print!", "a::b", ".c"]);
    }

    #[test]
    fn what_is_for_tests_only_is_left_out() {
        let source = "#[cfg(test)] use a::b; #[cfg( test )]\n#[allow(x)] mod tests { fn f() { c::d({}); } } e::f();
            #[cfg(test)] fn g(x: [u8; 2]) { h::i() } j::k()";
        assert_eq!(names(source), ["e::f", "j::k"]);
        let source = "#[cfg(test)]\nmod tests;\nmod real;";
        assert_eq!(named(source).test_modules, ["tests"]);
        assert_eq!(names("#[cfg(not(test))] fn f() { a::b() }"), ["a::b"], "only what is certainly a test is left out");
    }

    #[test]
    fn a_name_is_of_its_module_and_of_everything_that_holds_it() {
        let is_of = |name: &str, of: &str| Use { name: name.to_owned(), line: 1 }.is_of(of);
        assert!(
            is_of("std::fs", "std::fs")
                && is_of("std::fs::File", "std::fs")
                && is_of("std::time::*", "std::time::Instant")
        );
        assert!(
            !is_of("std::fsx", "std::fs")
                && !is_of("std", "std::fs")
                && !is_of("std::time::Duration", "std::time::Instant")
        );
    }

    #[test]
    fn lines_are_those_of_the_source() {
        let uses = named("use a::{\n    b::c,\n    d,\n};\nfn f() { e::f() }").uses;
        let lines: Vec<_> = uses.iter().map(|found| (found.name.as_str(), found.line)).collect();
        assert!(lines.starts_with(&[("a::b::c", 2), ("a::d", 3)]) && lines.contains(&("e::f", 5)), "{lines:?}");
    }
}
