//! Names of objects, which become parts of URLs.

use std::fmt;

/// A name of an object or a namespace: a subdomain by RFC 1123.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectName(Box<str>);

/// A text is no name of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "it is no name of a Kubernetes object: at most {OBJECT_NAME_BYTES_MAX} lowercase letters, digits, `-` and `.`, with a letter or \
     digit at the start and end of each part"
)]
pub struct NotAnObjectName;

impl ObjectName {
    /// Checks a name.
    pub fn parse(text: &str) -> Result<Self, NotAnObjectName> {
        let is_inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(is_inner) && !part.starts_with('-') && !part.ends_with('-')
        };
        let is_name = text.len() <= OBJECT_NAME_BYTES_MAX && text.split('.').all(is_part);
        if is_name { Ok(Self(text.into())) } else { Err(NotAnObjectName) }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The longest name.
pub const OBJECT_NAME_BYTES_MAX: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_change_a_url_is_refused() {
        for text in ["a", "tokens", "tokens-1.example", "0", &"a".repeat(253)] {
            assert_eq!(ObjectName::parse(text).unwrap().as_str(), text);
        }
        for text in
            ["", ".", "..", "a..b", "a/b", "a?b", "a%2fb", "A", "-a", "a-", "a.-b", "a b", "ä", &"a".repeat(254)]
        {
            assert_eq!(ObjectName::parse(text), Err(NotAnObjectName), "{text}");
        }
    }
}
