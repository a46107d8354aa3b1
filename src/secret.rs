//! Text that must never be shown: an access key or a session JWT.

use std::fmt;

use ring::digest;
use zeroize::Zeroizing;

use crate::fingerprint::Fingerprint;

/// A text that prints as `[secret]`, is compared only by [`Fingerprint`], and is zeroed when dropped.
///
/// Invariant: derives nothing, so that no serializer, formatter or comparison can be added by accident.
pub struct Secret(Zeroizing<Box<str>>);

impl Secret {
    /// Takes ownership of the text. The caller's buffer is reused, unless it has to shrink first.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text.into_boxed_str()))
    }

    /// Returns the text. Every call is a place where it may leak: keep the borrow short and never format it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the length in bytes, which is safe to log for a session JWT.
    pub fn byte_count(&self) -> usize {
        self.0.len()
    }

    /// Returns the fingerprint, which is safe to log.
    pub fn fingerprint(&self) -> Fingerprint {
        start_of(&digest::digest(&digest::SHA256, self.0.as_bytes()))
    }

    /// Returns the fingerprint of two secrets in this order. It changes with either.
    pub fn fingerprint_with(&self, other: &Self) -> Fingerprint {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(&(self.0.len() as u64).to_be_bytes());
        hash.update(self.0.as_bytes());
        hash.update(other.0.as_bytes());
        start_of(&hash.finish())
    }
}

fn start_of(hash: &digest::Digest) -> Fingerprint {
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_ref()[..8]);
    Fingerprint::new(first)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_formatted() {
        let secret = Secret::new("K2canary".to_owned());
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "[secret] Some([secret])");
    }

    #[test]
    fn a_fingerprint_of_two_depends_on_both_and_their_order() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let both = secret("ab").fingerprint_with(&secret("c"));
        for (first, second) in [("ab", "d"), ("a", "bc"), ("abc", ""), ("c", "ab")] {
            assert_ne!(secret(first).fingerprint_with(&secret(second)), both, "{first} and {second}");
        }
    }

    #[test]
    fn a_fingerprint_is_the_start_of_the_sha256() {
        // printf abc | sha256sum
        assert_eq!(Secret::new("abc".to_owned()).fingerprint().to_string(), "ba7816bf8f01cfea");
    }
}
