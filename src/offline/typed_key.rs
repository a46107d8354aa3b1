//! An access key that a person types.

use crate::{secret::Secret, source::KeyForm};

/// Why a text cannot be an access key. The text itself is not repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAKey {
    /// It is something else for sure.
    #[error("this is {0}, not an access key; copy the key that the console shows once, which begins with `K`")]
    SomethingElse(&'static str),
    /// It has a character that no request can carry.
    #[error("an access key has only visible ASCII characters; copy it again")]
    NotPrintable,
}

/// Accepts the text as an access key, without the white space around it, unless it cannot be one.
pub fn typed_key(text: String) -> Result<Secret, NotAKey> {
    let key = Secret::new(text.trim().to_owned());
    let text = Secret::new(text);
    if let KeyForm::Impossible(what) = KeyForm::of(text.expose().as_bytes()) {
        return Err(NotAKey::SomethingElse(what));
    }
    let is_printable = key.expose().bytes().all(|byte| byte.is_ascii_graphic());
    if is_printable { Ok(key) } else { Err(NotAKey::NotPrintable) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_key_loses_the_white_space_around_it() {
        let key = typed_key(" K2abc \t".to_owned()).unwrap();
        assert_eq!(key.fingerprint(), Secret::new("K2abc".to_owned()).fingerprint());
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        for (text, what) in [
            ("P2abcdefghijklmnopqrstuvwxyz", "a project id"),
            ("https://app.descope.com/accesskeys", "a URL"),
            ("two words", "several words"),
            ("2026-11-30", "a number or a time"),
        ] {
            assert_eq!(typed_key(text.to_owned()).unwrap_err(), NotAKey::SomethingElse(what));
        }
        assert_eq!(typed_key("K2\u{1b}[A".to_owned()).unwrap_err(), NotAKey::NotPrintable);
        assert_eq!(typed_key("K2ä".to_owned()).unwrap_err(), NotAKey::NotPrintable);
    }
}
