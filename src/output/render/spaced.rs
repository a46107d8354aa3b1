//! Templates that write the token with white space around it, which the formats `jwt` and `bearer` do not.

use super::document::{SAMPLE_TOKEN, TOKEN_TYPE};

/// A text that is a token, or the value of a bearer header, with white space around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpacedToken {
    /// The token.
    Token,
    /// `Bearer` and the token.
    Bearer,
}

impl SpacedToken {
    /// Returns what the text is that a template writes for the sample of a session.
    pub(super) fn of_sample(text: &str) -> Option<Self> {
        let trimmed = text.trim_ascii();
        if trimmed.len() == text.len() {
            None
        } else if trimmed == SAMPLE_TOKEN {
            Some(Self::Token)
        } else {
            let value = trimmed.strip_prefix(TOKEN_TYPE).map(str::trim_ascii_start);
            (value == Some(SAMPLE_TOKEN)).then_some(Self::Bearer)
        }
    }
}
