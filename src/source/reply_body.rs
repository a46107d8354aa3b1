//! The JSON object in the body of a reply.

use serde::Deserialize;

/// Why a body is no JSON object that can be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body begins with a byte order mark, which JSON does not allow")]
    ByteOrderMark,
    #[error("a field appears twice in the body")]
    DuplicateField,
    #[error("the body is not a JSON object")]
    NoObject,
}

/// Parses a body, which must be a JSON object. The object is checked first, because serde also accepts a list for a struct.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, BodyError> {
    if bytes.starts_with(BYTE_ORDER_MARK) {
        return Err(BodyError::ByteOrderMark);
    }
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(BodyError::NoObject);
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let is_twice = error.is_data() && error.to_string().starts_with("duplicate field");
        if is_twice { BodyError::DuplicateField } else { BodyError::NoObject }
    })
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
