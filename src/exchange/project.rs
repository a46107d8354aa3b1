//! Descope's project id.

use std::fmt;

/// A project's id: `P` and 27 letters or digits, or 32 characters of which 1 to 5 name a region. It is not secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProjectId(Box<str>);

/// The text is not a project id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a project id has only letters and digits, at most {PROJECT_ID_BYTES_MAX} of them")]
pub struct NotAProjectId;

impl ProjectId {
    /// Accepts letters and digits only. Any other character could change the meaning of the bearer or path that
    /// contains the id.
    pub fn parse(text: &str) -> Result<Self, NotAProjectId> {
        let is_valid =
            (1..=PROJECT_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_valid { Ok(Self(text.into())) } else { Err(NotAProjectId) }
    }

    /// Returns the id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the id in the README and in the example configurations, which is no project's.
    pub fn is_example(&self) -> bool {
        &*self.0 == EXAMPLE
    }

    /// Returns the region in the id: characters 1 to 5 of an id of 32 or more (go-sdk `api/client.go`).
    pub fn region(&self) -> Option<&str> {
        (self.0.len() >= REGIONAL_ID_BYTES_MIN).then(|| &self.0[1..5])
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const EXAMPLE: &str = "P2abcdefghijklmnopqrstuvwxyz";
const PROJECT_ID_BYTES_MAX: usize = 64;
const REGIONAL_ID_BYTES_MIN: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_letters_and_digits_make_a_project_id() {
        assert_eq!(ProjectId::parse("P2abc").map(|id| id.to_string()), Ok("P2abc".to_owned()));
        for text in ["", "P2 abc", "P2/abc", "P2:abc", "P2abc\n", "Pé", "P-2", &"P".repeat(65)] {
            assert_eq!(ProjectId::parse(text), Err(NotAProjectId), "{text}");
        }
    }
}
