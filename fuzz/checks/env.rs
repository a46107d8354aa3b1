//! The format `env`: what a POSIX shell reads from the file is what was written into it, or it is refused.
//!
//! The input is the text of `sub` and of `keyId`, with a line of `---` between them.

use std::fs;
use std::time::Duration;

use serde_json::json;
use tokenwell::{
    output::{self, Content, Field, Format, Locks, Output, ProtectedKeys, Quotes, Variable, WriteError},
    renewal::Grant,
    secret::Secret,
    session::{Claims, ReplyFields, Session, Times},
};

use super::{
    Judged,
    base64url::encoded,
    text::{assert_one_line, parts},
    world::{NOON, PROJECT, at, folder},
};

/// Checks that a shell reads the values that were written.
pub fn check(input: &[u8]) -> Judged {
    let [subject, key_id] = parts(input);
    let (Ok(subject), Ok(key_id)) = (str::from_utf8(subject), str::from_utf8(key_id)) else {
        return Judged::Ignored;
    };
    let header = encoded(br#"{"alg":"RS256"}"#);
    let token = format!("{header}.{}.c2lnbmF0dXJl", encoded(json!({ "sub": subject }).to_string().as_bytes()));
    let session = Session {
        claims: Claims::of_token(&token, Some(key_id)),
        jwt: Secret::new(token.clone()),
        grant: Grant { lifetime: Duration::from_secs(600), refresh_after: None },
        fields: ReplyFields::new(),
    };
    let expected = [
        ("SUBJECT", session.claims.subject.clone().unwrap_or_default()),
        ("KEY_ID", session.claims.key_id.clone().unwrap_or_default()),
        ("TOKEN", token),
    ];
    let quoted = written(&session, Quotes::Always);
    if let Ok(file) = &quoted {
        assert_eq!(read_by_shell(file), expected.clone().map(|(name, value)| (name.to_owned(), value)), "{file:?}");
    }
    let auto = written(&session, Quotes::Auto);
    assert!(auto.is_ok() || quoted.is_err());
    match auto {
        Ok(file) => {
            assert!(file.ends_with('\n') && file.lines().count() == expected.len(), "{file:?}");
            assert_eq!(read_by_shell(&file), expected.map(|(name, value)| (name.to_owned(), value)), "{file:?}");
            Judged::Accepted
        }
        Err(message) => {
            assert_one_line(&message, 1024);
            let is_repeated = |value: &str| value.len() >= 32 && message.contains(value);
            assert!(!expected.iter().any(|(_, value)| is_repeated(value)), "{message}");
            Judged::Refused
        }
    }
}

fn written(session: &Session, quotes: Quotes) -> Result<String, String> {
    let folder = folder();
    let path = folder.path().join("env");
    let fields = [("SUBJECT", Field::Subject), ("KEY_ID", Field::KeyId), ("TOKEN", Field::Token)];
    let variables = fields.map(|(name, field)| Variable { name: name.into(), field }).into();
    let output = Output { format: Format::Env { variables, quotes }, ..Output::at(path.clone()) };
    let times = Times { issued_at: at(NOON), expires_at: at(NOON + 600), renew_at: at(NOON + 400) };
    let content = Content { session, credential: "app", project: PROJECT, times };
    let mut results = output::publish(&[output], &[], &content, &Locks::default(), &ProtectedKeys::default());
    match results.remove(0) {
        Ok(_) => Ok(fs::read_to_string(path).unwrap()),
        Err(WriteError::Unrendered { why, .. }) => Err(why.to_string()),
        Err(other) => panic!("{other}"),
    }
}

/// Reads assignments as a POSIX shell does (POSIX.1-2017, 2.2). Panics where a shell would do more than assign.
fn read_by_shell(file: &str) -> Vec<(String, String)> {
    let mut assigned = Vec::new();
    let mut letters = file.chars().peekable();
    while letters.peek().is_some() {
        let name: String = letters.by_ref().take_while(|letter| *letter != '=').collect();
        let mut value = String::new();
        loop {
            match letters.next().expect("a line ends") {
                '\n' => break,
                '\'' => value.extend(letters.by_ref().take_while(|letter| *letter != '\'')),
                '"' => in_double_quotes(&mut letters, &mut value),
                '\\' => value.extend(letters.next().filter(|letter| *letter != '\n')),
                letter => {
                    assert!(!" \t|&;<>()$`#*?[~!{}".contains(letter), "a shell does not take `{letter}` as it is");
                    value.push(letter);
                }
            }
        }
        assigned.push((name, value));
    }
    assigned
}

fn in_double_quotes(letters: &mut std::iter::Peekable<std::str::Chars<'_>>, value: &mut String) {
    loop {
        match letters.next().expect("a quote is closed") {
            '"' => return,
            '\\' => match letters.next().expect("a quote is closed") {
                '\n' => {}
                letter @ ('$' | '`' | '"' | '\\') => value.push(letter),
                letter => value.extend(['\\', letter]),
            },
            letter => {
                assert!(!"$`".contains(letter), "a shell expands `{letter}`");
                value.push(letter);
            }
        }
    }
}
