//! The names of credentials.

use crate::config::{diagnostics::Diagnostics, reader::Field};

/// Whether a text may name a credential: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63 characters.
pub(in crate::config) fn is_legal(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Reads a credential's name from a field.
pub(in crate::config) fn read(field: &Field, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = field.text(diagnostics)?;
    if !is_legal(&text.value) {
        diagnostics.mistake(&field.location, format!("{} is not a credential name", text.shown()), RULE);
        return None;
    }
    Some(text.value)
}

/// The length limit of a name.
pub(in crate::config) const NAME_BYTES_MAX: usize = 63;
/// The rule, as a message states it.
pub(in crate::config) const RULE: &str =
    "use lowercase letters, digits and `-` between them, at most 63 characters, such as `billing`";
