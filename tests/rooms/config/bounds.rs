//! Texts that are too large, too deep, or designed to exhaust the reader.

use std::fs;

use tokenwell::config::{self, ConfigSource, Environment};

use crate::case::{refusal, schema_agrees, written};

#[test]
fn a_file_that_is_too_large_is_refused() {
    insta::assert_snapshot!(refusal("# \n".repeat(100_000).as_str(), &[]), @r"
    cannot use configuration `/etc/tokenwell/tokenwell.yaml`: it is larger than 256 KiB
           use `credentialsFrom` for many credentials that look alike
    ");
}

#[test]
fn deep_nesting_is_refused_before_it_is_parsed() {
    insta::assert_snapshot!(refusal(&format!("a:\n{}", "[".repeat(100_000)), &[]), @r"
    cannot use configuration `/etc/tokenwell/tokenwell.yaml`: line 2 is nested deeper than 64 levels
           close the brackets that are open
    ");
    insta::assert_snapshot!(refusal(&"- ".repeat(100_000), &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 1: this is nested too deeply
              reduce the nesting: no valid configuration is this deep
    ");
}

#[test]
fn aliases_cannot_make_much_of_little() {
    let lines = (1..40).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1)).collect::<Vec<_>>().concat();
    insta::assert_snapshot!(refusal(&format!("a0: &a0 lol\n{lines}"), &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      the aliases (`*…`) make this file too large
        write the values out, without aliases
    ");
}

/// Also fails if the reader returns neither a configuration nor a mistake.
#[test]
fn no_text_at_all_makes_the_reader_panic() {
    let full = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/full.yaml")).unwrap();
    let lines: Vec<&str> = full.lines().collect();
    let odd = [
        "", "~", "[]", "{}", "[~]", "- ", "5", "true", "\"\"", "/", "${X}", "\t", "&a ", "*a", "!x ", "|\n", "? ",
        "\u{85}", "'",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    let (_folder, path) = written(b"");
    let mut right = 0;
    for n in 0..2000 {
        let mut text: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..text.len());
            let odd = odd[random.usize(..odd.len())];
            match random.u8(..4) {
                0 => drop(text.remove(at)),
                1 => text.insert(at, lines[random.usize(..lines.len())].to_owned()),
                2 => text[at] = text[at].split_once(": ").map_or(odd.to_owned(), |(key, _)| format!("{key}: {odd}")),
                _ => text[at] = text[at].replacen(' ', odd, 1),
            }
        }
        fs::write(&path, text.join("\n")).unwrap();
        let loaded = config::load(&ConfigSource::file(&path), &Environment::default());
        // The schema validator is ten times slower, because tests are not optimised.
        if n % 5 == 0 {
            schema_agrees(&path, &loaded);
        }
        right += usize::from(loaded.is_ok());
    }
    assert!((50..1950).contains(&right), "{right} of 2000 were right: the changes are too harsh or too mild");
}
