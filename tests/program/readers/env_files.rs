//! `env` and its readers: whatever a value has, either every reader returns it as it was, or it is refused.
//!
//! Readers that come from package registries take part where they are installed: `tests/system/env/run` installs them.

use std::{
    fs,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use proptest::{
    collection::vec,
    prelude::{Strategy as _, prop_oneof},
    strategy::ValueTree as _,
    test_runner::TestRunner,
};
use tokenwell::{
    output::{self, Content, Field, Format, Locks, Output, ProtectedKeys, Quotes, Spelling, Variable, spelling},
    renewal::Grant,
    secret::Secret,
    session::{Claims, ReplyFields, Session, Times},
};

use programs::{Reads, installed};

mod kubelet;
mod programs;

#[test]
fn bare_values_come_back_through_every_reader() {
    let values =
        ["", "plain", "AZaz09_.:/+=@%,-", "-n", "%s", "a=b", "a:b==", "a,b", "@x", "/a/b", "head.body.stamp", "null"];
    come_back(&values, Quotes::Never, &[Reads::Any, Reads::Bare]);
    come_back(&values, Quotes::Auto, &[Reads::Any, Reads::Bare]);
}

#[test]
fn values_in_single_quotes_come_back_through_every_reader() {
    come_back(&KNOWN, Quotes::Always, &[Reads::Any, Reads::SingleQuoted]);
    let in_need: Vec<_> = KNOWN.into_iter().filter(|value| spelling(value, Quotes::Never).is_err()).collect();
    come_back(&in_need, Quotes::Auto, &[Reads::Any, Reads::SingleQuoted]);
}

#[test]
fn values_in_double_quotes_come_back_through_every_reader() {
    for value in KNOWN_WITH_SINGLE_QUOTE {
        assert_eq!(spelling(value, Quotes::Auto), Ok(Spelling::DoubleQuoted), "{value:?}");
        assert!(spelling(value, Quotes::Always).is_err(), "{value:?}");
    }
    come_back(&KNOWN_WITH_SINGLE_QUOTE, Quotes::Auto, &[Reads::Any]);
    let around: Vec<_> = (' '..='~').filter(|c| !"\"$\\`".contains(*c)).collect();
    let around: Vec<_> = around.iter().flat_map(|c| [format!("o'n{c}x"), format!("{c}'x"), format!("'x{c}")]).collect();
    come_back(&around.iter().map(String::as_str).collect::<Vec<_>>(), Quotes::Auto, &[Reads::Any]);
}

#[test]
fn any_value_comes_back_through_every_reader_or_is_refused() {
    let value = prop_oneof![
        "[^\\p{Cc}]{0,12}",
        "['\"\\\\$`!#={}a ]{1,8}",
        "[ -~]{0,20}",
        "[ -~é]{0,5}'[ !#%-_a-~🔑]{0,8}",
        "\\PC{1,3}[\\\\${}']{0,3}"
    ];
    let mut runner = TestRunner::deterministic();
    let values = vec(value, 500).new_tree(&mut runner).unwrap().current();
    let accepted = |quotes: Quotes, wanted: Option<Spelling>| -> Vec<&str> {
        let values = values.iter().map(String::as_str);
        values
            .filter(|value| spelling(value, quotes).is_ok_and(|is| wanted.is_none_or(|wanted| wanted == is)))
            .collect()
    };
    let always = accepted(Quotes::Always, None);
    assert!((100..400).contains(&always.len()), "{} of {}", always.len(), values.len());
    come_back(&always, Quotes::Always, &[Reads::Any, Reads::SingleQuoted]);
    let double = accepted(Quotes::Auto, Some(Spelling::DoubleQuoted)).len();
    assert!(double > 30, "{double} of {}", values.len());
    come_back(&accepted(Quotes::Auto, None), Quotes::Auto, &[Reads::Any]);
}

/// The reason for each refusal: without it, the named reader would return something else.
#[test]
fn every_refusal_has_a_reader_that_needs_it() {
    let readers = installed(&[Reads::Any, Reads::SingleQuoted]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("env");
    for (value, spelled, names) in [
        ("it's", "'it'\"'\"'s'", &["godotenv", "node", "kubelet"][..]),
        ("it's", "'it'\\''s'", &["systemd", "kubelet"]),
        ("it's", "\"it's\"", &["kubelet"]),
        ("it's \"x\"", "\"it's \"x\"\"", &["dash", "systemd", "compose", "godotenv", "python-dotenv"]),
        ("it's \"x\"", "\"it's \\\"x\\\"\"", &["node", "dotenv"]),
        ("it's $x", "\"it's $x\"", &["dash", "zsh", "compose", "ruby-dotenv"]),
        ("it's $x", "\"it's \\$x\"", &["node", "dotenv", "python-dotenv"]),
        ("it's \\a", "\"it's \\a\"", &["godotenv", "ruby-dotenv"]),
        ("it's \\a", "\"it's \\\\a\"", &["node", "dotenv"]),
        ("it's `x`", "\"it's `x`\"", &["dash", "bash"]),
        ("it's `x`", "\"it's \\`x\\`\"", &["node", "dotenv", "python-dotenv", "compose"]),
        ("a\nb", "'a\nb'", &["ruby-dotenv"]),
        ("a\rb", "'a\rb'", &["node", "dotenv", "python-dotenv"]),
        ("${HOME}", "'${HOME}'", &["python-dotenv"]),
        (r"a\\b", r"'a\\b'", &["python-dotenv"]),
        ("a\\", "'a\\'", &["godotenv", "compose", "python-dotenv"]),
        ("\u{10ffff}", "'\u{10ffff}'", &["systemd"]),
    ] {
        let refused = spelling(value, Quotes::Auto).is_err() || spelling(value, Quotes::Always).is_err();
        assert!(refused, "{value:?}");
        fs::write(&path, format!("V0={spelled}\nV1='end'\n")).unwrap();
        for reader in readers.iter().filter(|reader| names.contains(&reader.name)) {
            let read = reader.read(&path, 2);
            assert_ne!(read, Ok(vec![value.to_owned(), "end".to_owned()]), "{} reads {spelled}", reader.name);
        }
    }
}

/// Values that single quotes keep for every reader.
const KNOWN: [&str; 44] = [
    "",
    " ",
    "plain",
    "two words",
    "\"",
    "a\"b",
    "\"a\"",
    "\\a",
    "\\n",
    "a\\nb",
    "\\\"",
    "\\$x",
    "\\u0041",
    "$",
    "$$",
    "$HOME",
    "$ {x}",
    "a$",
    "$(echo x)",
    "`echo x`",
    "a;b&c|d",
    "# no comment",
    "a#b",
    "a #b",
    "~",
    "~root",
    "*",
    "[a]",
    "{a,b}",
    "!!",
    "=",
    "=ls",
    "x:=ls",
    "export x",
    "tab\there",
    "é ü 漢字 🔑",
    "\u{a0}\u{2003}",
    "\u{2028}\u{feff}a\u{200b}",
    " both ",
    "#{x}",
    "<%= x %>",
    "%s %n",
    "-n",
    "o’neil",
];

/// Values that double quotes keep for every reader but the kubelet and container engines.
const KNOWN_WITH_SINGLE_QUOTE: [&str; 24] = [
    "'",
    "''",
    "o'neil",
    "'a'",
    "it's a #b c",
    "# it's",
    "it's #",
    "a'# b",
    "!!'",
    "it's !x",
    "=ls'",
    "x:=l's",
    "~'",
    "~root/'",
    "*'[a]{b,c}?",
    "#{x}'",
    "<%= x' %>",
    "export it's",
    " ' both ",
    "a;b&c|d<e>(f)'",
    "é ü 漢字 🔑'",
    "\u{a0}'\u{2003}",
    "\u{2028}\u{2029}'\u{feff}a\u{200b}",
    "%s' %n",
];

/// Writes the values, and compares what each installed reader returns.
fn come_back(values: &[&str], quotes: Quotes, kinds: &[Reads]) {
    let folder = tempfile::tempdir().unwrap();
    // The child processes of other tests hold a lock that is released here, until they have started.
    let locks = Locks::default();
    let path = folder.path().join("env");
    let written: Vec<_> = values.iter().map(|value| (*value, after_name(value, quotes, &path, &locks))).collect();
    for reader in installed(kinds) {
        let shown: Vec<_> = written.iter().filter(|(value, _)| !(reader.skips)(value)).collect();
        let lines: Vec<_> = shown.iter().enumerate().map(|(n, (_, line))| format!("V{n}{line}")).collect();
        fs::write(&path, lines.concat()).unwrap();
        let read = reader.read(&path, shown.len()).unwrap_or_else(|error| panic!("{}: {error}", reader.name));
        for (read, (value, _)) in read.iter().zip(&shown) {
            assert_eq!(read, value, "{}, {quotes:?}", reader.name);
        }
        assert_eq!(read.len(), shown.len(), "{}", reader.name);
    }
}

/// What an output writes for the value behind the name of a variable.
fn after_name(value: &str, quotes: Quotes, path: &Path, locks: &Locks) -> String {
    let session = Session {
        jwt: Secret::new("head.body.stamp".to_owned()),
        grant: Grant { lifetime: Duration::from_secs(600), refresh_after: None },
        claims: Claims { subject: Some(value.to_owned()), ..Claims::default() },
        fields: ReplyFields::new(),
    };
    let times = Times { issued_at: UNIX_EPOCH, expires_at: UNIX_EPOCH, renew_at: UNIX_EPOCH };
    let content = Content { session: &session, credential: "billing", project: "P2abc", times };
    let variables = vec![Variable { name: "V".into(), field: Field::Subject }];
    let output = Output { format: Format::Env { variables, quotes }, ..Output::at(path.to_owned()) };
    output::publish(&[output], &[], &content, locks, &ProtectedKeys::default()).remove(0).unwrap();
    fs::read_to_string(path).unwrap().split_off(1)
}
