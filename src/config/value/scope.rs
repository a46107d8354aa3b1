//! The scopes of an OAuth request.

use crate::config::{diagnostics::Diagnostics, reader::Field};

/// Reads a list of scopes.
pub(in crate::config) fn read(field: &Field, diagnostics: &mut Diagnostics) -> Vec<String> {
    field.items(diagnostics).iter().filter_map(|item| one(item, diagnostics)).collect()
}

fn one(field: &Field, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = field.text(diagnostics)?;
    let is_scope = !text.value.is_empty() && text.value.bytes().all(is_of_a_scope);
    if !is_scope {
        let what = format!("{} is not a scope", text.shown());
        diagnostics.mistake(&text.location, what, "list one word for each scope, such as `[read, write]`");
    }
    is_scope.then_some(text.value)
}

/// Whether a scope may contain the character (RFC 6749 section 3.3).
fn is_of_a_scope(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')
}
