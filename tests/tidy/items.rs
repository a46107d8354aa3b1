//! The items of a source file: functions, types with their fields, and implementations with their methods.

use std::collections::BTreeSet;

use crate::{
    sources::{Source, text},
    tokens::Token,
    uses::code,
    walls::{MIXED_FACES, OPEN_OWNERS},
};

#[test]
fn a_face_re_exports_or_holds_items_and_not_both() {
    let mut mixed = BTreeSet::new();
    for source in Source::all().iter().filter(|source| source.path.ends_with("/mod.rs")) {
        let is_face = source.imports.iter().any(|import| import.is_reexport);
        if is_face && items(&code(&text(&source.path))).iter().any(|item| !matches!(item, Item::Declaration)) {
            mixed.insert(source.path.as_str());
        }
    }
    let excused: BTreeSet<_> = MIXED_FACES.iter().copied().collect();
    let mut faults = Vec::new();
    for path in mixed.difference(&excused) {
        faults.push(format!("{path}: it re-exports and holds items too: move the items into a file of their own"));
    }
    for path in excused.difference(&mixed) {
        faults.push(format!("`MIXED_FACES` in tests/tidy/walls.rs: {path} is not mixed: remove the line"));
    }
    super::none(&faults);
}

#[test]
fn the_fields_of_an_owner_in_the_daemon_are_private() {
    let files = Source::all().iter().filter(|source| source.room == "daemon");
    let items: Vec<_> = files.flat_map(|source| items(&code(&text(&source.path)))).collect();
    let owners: BTreeSet<_> = items.iter().filter_map(|item| item.owner()).collect();
    let open: BTreeSet<_> = items.iter().filter_map(|item| item.open()).filter(|name| owners.contains(name)).collect();
    let excused: BTreeSet<_> = OPEN_OWNERS.iter().copied().collect();
    let mut faults = Vec::new();
    for name in open.difference(&excused) {
        let why = "other files would depend on how it keeps what it owns; let a method answer";
        faults.push(format!("`{name}` has methods and fields that other files can reach\n    why: {why}"));
    }
    for name in excused.difference(&open) {
        faults
            .push(format!("`OPEN_OWNERS` in tests/tidy/walls.rs: the fields of `{name}` are private: remove the line"));
    }
    super::none(&faults);
}

#[derive(PartialEq, Eq, Debug)]
enum Item {
    /// `mod` or `use`.
    Declaration,
    Struct {
        name: String,
        /// Whether a field has a `pub` of any kind.
        is_open: bool,
    },
    /// An `impl` without a trait.
    Methods {
        of: String,
        /// Whether one takes `self`. A message that is only made by a function, and then read, has none.
        take_self: bool,
    },
    Other,
}

impl Item {
    fn owner(&self) -> Option<&str> {
        match self {
            Self::Methods { of, take_self: true } => Some(of),
            _ => None,
        }
    }

    fn open(&self) -> Option<&str> {
        match self {
            Self::Struct { name, is_open: true } => Some(name),
            _ => None,
        }
    }
}

/// The items of a file, in order.
fn items(tokens: &[Token]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut rest = tokens;
    while !rest.is_empty() {
        let length = length(rest);
        if let Some(item) = item(&rest[..length]) {
            items.push(item);
        }
        rest = &rest[length..];
    }
    items
}

/// The tokens up to the end of the first item or attribute.
fn length(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    let is_attribute = tokens[0].text == "#";
    for (n, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.saturating_sub(1);
                let ends = if is_attribute { token.text == "]" } else { token.text == "}" };
                // `use a::{b};` ends with its semicolon.
                let semicolon = tokens.get(n + 1).is_some_and(|next| next.text == ";");
                if depth == 0 && ends && !semicolon {
                    return n + 1;
                }
            }
            ";" if depth == 0 => return n + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn item(tokens: &[Token]) -> Option<Item> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    if text(0) == "#" {
        return None;
    }
    let keyword = tokens.iter().position(|token| KEYWORDS.contains(&token.text.as_str()))?;
    let body = tokens.iter().position(|token| matches!(token.text.as_str(), "{" | "(")).unwrap_or(tokens.len());
    let body = if keyword < body { body } else { tokens.len() };
    Some(match text(keyword) {
        "mod" | "use" => Item::Declaration,
        "struct" => Item::Struct {
            name: text(keyword + 1).to_owned(),
            is_open: tokens[body..].iter().any(|token| token.text == "pub"),
        },
        "impl" => {
            let head = without_generics(&tokens[keyword + 1..body]);
            if head.contains(&"for") {
                return Some(Item::Other);
            }
            let takes_self = |at: usize| {
                let parameters = tokens[at..].iter().skip_while(|token| token.text != "(").skip(1);
                let first: Vec<_> = parameters.map(|token| token.text.as_str()).take(4).collect();
                first.contains(&"self")
            };
            let mut methods = (body..tokens.len()).filter(|at| text(*at) == "fn");
            Item::Methods {
                of: head.first().copied().unwrap_or_default().to_owned(),
                take_self: methods.any(takes_self),
            }
        }
        _ => Item::Other,
    })
}

/// The words of `impl<T> Name<T>` that stand outside `<` and `>`.
fn without_generics(tokens: &[Token]) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut words = Vec::new();
    for token in tokens {
        match token.text.as_str() {
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            word if depth == 0 => words.push(word),
            _ => {}
        }
    }
    words
}

const KEYWORDS: [&str; 11] =
    ["mod", "use", "struct", "impl", "fn", "enum", "trait", "const", "static", "type", "macro_rules"];

#[cfg(test)]
mod tests {
    use super::{Item, items};
    use crate::tokens::tokens;

    #[test]
    fn structs_are_open_if_one_field_is_public_in_any_way() {
        let source = "#[derive(A)] pub(super) struct A { b: u8 } struct B(pub u8); struct C { pub(super) d: u8, e: u8 }
            pub struct D;";
        let of = |name: &str, is_open| Item::Struct { name: name.to_owned(), is_open };
        assert_eq!(items(&tokens(source)), [of("A", false), of("B", true), of("C", true), of("D", false)]);
    }

    #[test]
    fn methods_are_known_by_their_type_and_by_self() {
        let source = "impl<T> A<T> { pub fn new(b: u8) -> Self { c() } } impl B { fn c(&mut self) {} }
            impl D<'_> { const fn e(self) {} } impl F for G { fn h(&self) {} }";
        let of = |name: &str, take_self| Item::Methods { of: name.to_owned(), take_self };
        assert_eq!(items(&tokens(source)), [of("A", false), of("B", true), of("D", true), Item::Other]);
    }

    #[test]
    fn declarations_and_other_items_are_recognised() {
        use Item::{Declaration, Other};
        let source = "#![allow(x)] mod a; pub(crate) use b::{c, d}; const E: [u8; 2] = [1; 2]; fn f() {} enum G { H }";
        assert_eq!(items(&tokens(source)), [Declaration, Declaration, Other, Other, Other]);
    }
}
