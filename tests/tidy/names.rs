//! The names of tests.

use std::path::Path;

use crate::sources::texts;

#[test]
fn the_name_of_a_test_is_short() {
    let mut faults = Vec::new();
    for (path, text) in texts().filter(|(path, _)| is_code(path)) {
        for name in tests_of(&text).filter(|name| name.len() > NAME_CHARS_MAX) {
            faults.push(format!(
                "{path}: test `{name}` has {} characters: give it a name of at most {NAME_CHARS_MAX}",
                name.len()
            ));
        }
    }
    super::none(&faults);
}

fn is_code(path: &str) -> bool {
    let is_rust = Path::new(path).extension().is_some_and(|end| end == "rs");
    is_rust && (path.starts_with("src/") || path.starts_with("tests/"))
}

/// The names of the functions that have an attribute such as `#[test]` or `#[tokio::test(…)]`.
fn tests_of(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(attribute) = line.strip_prefix("#[") {
            is_test |=
                attribute.split(['(', ']']).next().is_some_and(|path| path == "test" || path.ends_with("::test"));
            return None;
        }
        let (_, declaration) = line.split_once("fn ").filter(|_| std::mem::take(&mut is_test))?;
        declaration.split(['(', '<']).next()
    })
}

const NAME_CHARS_MAX: usize = 60;

#[cfg(test)]
mod tests {
    use super::tests_of;

    #[test]
    fn only_functions_with_a_test_attribute_count() {
        let text = "#[test]\nfn a() {}\nfn b() {}\n#[tokio::test(start_paused = true)]\n#[ignore]\nasync fn c() {}\n";
        assert_eq!(tests_of(text).collect::<Vec<_>>(), ["a", "c"]);
    }
}
