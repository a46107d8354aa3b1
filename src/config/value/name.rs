//! The names of credentials.

use crate::config::{
    diagnostics::Diagnostics,
    reader::{Field, Text},
    show::looks_like_a_secret,
};

/// Whether a text may name a credential: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63 characters.
pub(in crate::config) fn is_legal(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Returns the name of a credential after its key file: the file's name up to its first dot, in lower case, with `-` for every
/// other character. `default` if nothing is left, or if the file is named like a secret. A legal name is kept.
pub fn of_file(file_name: &str) -> String {
    if is_legal(file_name) {
        return file_name.to_owned();
    }
    if looks_like_a_secret(file_name) {
        return NAME_DEFAULT.to_owned();
    }
    let visible = file_name.trim_start_matches('.');
    let stem = visible.split_once('.').map_or(visible, |(stem, _)| stem);
    let characters = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let name: String = characters.skip_while(|c| *c == '-').take(NAME_BYTES_MAX).collect();
    let name = name.trim_end_matches('-');
    if name.is_empty() { NAME_DEFAULT.to_owned() } else { name.to_owned() }
}

/// Reads a credential's name from a field.
pub(in crate::config) fn read(field: &Field, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = field.text(diagnostics)?;
    read_text(text, diagnostics)
}

/// Reads a credential's name from a text.
pub(in crate::config) fn read_text(text: Text, diagnostics: &mut Diagnostics) -> Option<String> {
    if !is_legal(&text.value) {
        diagnostics.mistake(&text.location, format!("{} is not a credential name", text.shown()), rule());
        return None;
    }
    Some(text.value)
}

/// The length limit of a name.
pub(in crate::config) const NAME_BYTES_MAX: usize = 63;
/// The limits, as a message states them.
pub(in crate::config) const LIMITS: &str = "use lowercase letters, digits and `-` between them, at most 63 characters";
/// Returns the limits with an example, as a message states them.
pub(in crate::config) fn rule() -> String {
    format!("{LIMITS}, such as `billing`")
}

const NAME_DEFAULT: &str = "default";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_names_its_credential() {
        for (file, name) in [
            ("nokey", "nokey"),
            ("bad.key", "bad"),
            ("billing.key.old", "billing"),
            ("SEARCH_API_KEY", "search-api-key"),
            ("key", "key"),
            (".key", "key"),
            ("-a-.txt", "a"),
            ("a b", "a-b"),
            ("...", "default"),
            ("___", "default"),
            ("K2abcdefghijklmnopqrstuvwxyz0123456789", "default"),
            ("é", "default"),
        ] {
            assert_eq!(of_file(file), name, "{file}");
        }
    }

    #[test]
    fn the_name_after_a_file_is_always_legal() {
        for file in ["", "x".repeat(200).as_str(), &format!("{}-b", "a".repeat(62)), "A.B", "ÄÖ-ü", "\u{0}"] {
            let name = of_file(file);
            assert!(is_legal(&name), "{file:?}: {name}");
            assert_eq!(of_file(&name), name, "a legal name is kept");
        }
    }
}
