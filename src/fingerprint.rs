//! The fingerprint by which logs and state identify an access key.

use std::fmt;

/// The first 64 bits of the SHA-256 of an access key, printed as 16 hex digits. It distinguishes two contents of a key file
/// and cannot be converted back into the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// Wraps the bytes. [`crate::secret::Secret::fingerprint`] computes them.
    pub const fn new(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// Parses the text that [`fmt::Display`] prints.
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
