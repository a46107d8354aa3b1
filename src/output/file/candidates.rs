//! The parts of a file that may be its token. Pure functions of the file's bytes.
//!
//! A JWT is a run of letters, digits, `_`, `-` and two dots, and no format puts another such character beside it. An opaque
//! token is any run of visible ASCII, so its place follows from the format: the whole file, a word, a quoted word, the value
//! of a variable, or a text of a JSON object.

use serde_json::{Map, Value};

use crate::{secret::Secret, session::JWT_BYTES_MAX};

/// Everything that may be a JWT.
pub(super) fn jwts(bytes: &[u8]) -> impl Iterator<Item = Secret> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let runs = bytes.split(move |byte| !is_part(byte)).filter(|run| run.len() <= JWT_BYTES_MAX);
    let jwts = runs.filter(|run| run.split(|byte| *byte == b'.').count() == 3);
    jwts.filter_map(|run| str::from_utf8(run).ok()).map(|run| Secret::new(run.to_owned()))
}

/// Everything that may be a token that is not a JWT.
pub(super) fn opaque_tokens(bytes: &[u8]) -> impl Iterator<Item = Secret> {
    let words = bytes.split(|byte| !byte.is_ascii_graphic()).filter(|word| !word.is_empty());
    let of_words = words.filter_map(|word| str::from_utf8(word).ok()).flat_map(parts).map(str::to_owned);
    let of_object = serde_json::from_slice(bytes).into_iter().flat_map(|object: Map<String, Value>| {
        object.into_iter().filter_map(|(_, value)| match value {
            Value::String(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        })
    });
    of_words.chain(of_object).filter(|text| text.len() <= JWT_BYTES_MAX).map(Secret::new)
}

/// Returns a word, the value of a variable in it, and the pieces between its quotes.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let value = word.split_once('=').map(|(_, value)| unquoted(value));
    let pieces = word.split(['"', '\'']).filter(move |piece| !piece.is_empty() && *piece != word);
    [word].into_iter().chain(value).chain(pieces)
}

/// Returns the value of a variable as a shell reads what the format `env` writes.
pub(super) fn unquoted(value: &str) -> &str {
    let between = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    between('\'').or_else(|| between('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opaque_token_is_found_where_formats_write_it() {
        let token = r#"o~p+q/r=="x"y\z$(id)"#;
        let in_json = serde_json::json!({"a": 1, "token": token}).to_string();
        for text in [
            token.to_owned(),
            format!("Authorization: Bearer {token}\n"),
            format!("Bearer {token}"),
            in_json,
            format!("A=1\nTOKEN='{token}'\n"),
        ] {
            assert!(opaque_tokens(text.as_bytes()).any(|found| found.expose() == token), "{text}");
        }
        for text in ["TOKEN=abc~\n", "TOKEN=\"abc~\"\n", "x \"abc~\";", "{'abc~'}", "password abc~\n"] {
            assert!(opaque_tokens(text.as_bytes()).any(|found| found.expose() == "abc~"), "{text}");
        }
    }

    #[test]
    fn a_part_of_an_opaque_token_is_not_that_token() {
        for text in ["", "abc~~", "xabc~", "ab c~", "abc~.", "\"abc~."] {
            assert!(!opaque_tokens(text.as_bytes()).any(|found| found.expose() == "abc~"), "{text}");
        }
    }
}
