//! What the content of a file says of whether it can be an access key, before anything is sent.
//!
//! Descope's keys begin with `K2` and have about 70 letters, digits and other visible characters. That is not documented, so only
//! content is ruled out that is something else for sure: an id, a date, a URL, JSON, PEM, several lines.

use std::path::Path;

use super::{access_key::KEY_FILE_BYTES_MAX, secret_file, suspect_text::is_project_id, unusable::Unusable};

/// The form of a file in a key folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyForm {
    /// It may be a key, or there is nothing in it yet.
    Possible,
    /// It is used, though keys look otherwise: what it looks like.
    Doubtful(&'static str),
    /// It cannot be a key: what it is.
    Impossible(&'static str),
}

impl KeyForm {
    /// Judges the content of a file. One that is missing, empty or unreadable may hold a key later. Blocks on the disk.
    pub fn of_file(path: &Path) -> Self {
        match secret_file::read(path, KEY_FILE_BYTES_MAX) {
            Ok(content) => Self::of(&content),
            Err(Unusable::TooLong { .. }) => Self::Impossible("longer than any key"),
            Err(_) => Self::Possible,
        }
    }

    /// Judges a file's content.
    pub fn of(content: &[u8]) -> Self {
        let Ok(text) = str::from_utf8(content) else { return Self::Impossible("binary") };
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Self::Possible;
        }
        if text.starts_with("-----BEGIN ") {
            return Self::Impossible("PEM");
        }
        if text.starts_with('{') && text.ends_with('}') || text.starts_with('[') && text.ends_with(']') {
            return Self::Impossible("JSON");
        }
        if text.contains(['\n', '\r']) {
            return Self::Impossible("several lines");
        }
        if text.contains("://") {
            return Self::Impossible("a URL");
        }
        if is_project_id(text) {
            return Self::Impossible("a project id");
        }
        if is_number_or_time(text) {
            return Self::Impossible("a number or a time");
        }
        if text.contains(char::is_whitespace) {
            return Self::Impossible("several words");
        }
        if text.len() < KEY_BYTES_USUAL && !text.starts_with("K2") {
            return Self::Doubtful("shorter than keys are");
        }
        Self::Possible
    }
}

/// Digits and the signs and letters of RFC 3339, such as `2026-11-30T13:45:00Z`.
fn is_number_or_time(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.+TZ /_".contains(&byte))
}

/// Shorter content is doubtful.
const KEY_BYTES_USUAL: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_that_is_something_else_is_ruled_out() {
        let long = "x".repeat(40);
        for (content, is) in [
            ("P2abcdefghijklmnopqrstuvwxyz", "a project id"),
            ("Puse12abcdefghijklmnopqrstuvwxyz", "a project id"),
            ("P2world", "a project id"),
            ("Password-that-is-a-key-of-28", ""),
            ("P2use1abcdefghijklmnopqrstuvwxy0\n", "a project id"),
            ("2026-11-30T13:45:00Z\n", "a number or a time"),
            ("2026-11-30 13:45:00.123+02:00", "a number or a time"),
            ("1796046345", "a number or a time"),
            ("https://api.descope.com", "a URL"),
            ("{\"key\": \"K2\"}\n", "JSON"),
            ("{\n  \"key\": 1\n}", "JSON"),
            ("-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n", "PEM"),
            ("A=1\nB=2\n", "several lines"),
            ("Mon Nov 30 2026", "several words"),
            ("\u{feff}2026-11-30", "a number or a time"),
        ] {
            let form = KeyForm::of(content.as_bytes());
            let expected = if is.is_empty() { KeyForm::Possible } else { KeyForm::Impossible(is) };
            assert_eq!(form, expected, "{content:?}");
        }
        assert_eq!(KeyForm::of(&[0xff, 0xfe]), KeyForm::Impossible("binary"));
        for key in [&*format!("K2{long}"), &long, "K2short", "", " \n", "K2a+/=%of.tmpAbC123", "1a2b3c4d5e6f7a8b9c0d"] {
            assert_eq!(KeyForm::of(key.as_bytes()), KeyForm::Possible, "{key}");
        }
        assert_eq!(KeyForm::of(b"production\n"), KeyForm::Doubtful("shorter than keys are"));
    }

    #[test]
    fn a_file_without_content_may_get_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert_eq!(KeyForm::of_file(&path), KeyForm::Possible);
        std::fs::write(&path, "x".repeat(KEY_FILE_BYTES_MAX + 1)).unwrap();
        assert_eq!(KeyForm::of_file(&path), KeyForm::Impossible("longer than any key"));
        std::fs::write(&path, "rotated: never").unwrap();
        assert_eq!(KeyForm::of_file(&path), KeyForm::Impossible("several words"));
    }
}
