//! What logs and state say of an access key instead of the key.

use std::fmt;

/// The first 64 bits of the SHA-256 of an access key, printed as 16 hex digits. It tells two readings of a key file
/// apart and cannot be turned back into the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// Takes the bytes as they are; [`crate::secret::Secret::fingerprint`] is where they come from.
    pub const fn new(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// Reads what [`fmt::Display`] prints.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex { u64::from_str_radix(text, 16).ok().map(|number| Self(number.to_be_bytes())) } else { None }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
