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
        let trimmed = text.trim();
        if trimmed.len() == text.len() {
            return None;
        }
        if trimmed == SAMPLE_TOKEN {
            return Some(Self::Token);
        }
        // The name of a scheme is the same in any case: RFC 9110, section 11.1.
        let (scheme, value) = trimmed.split_at_checked(TOKEN_TYPE.len())?;
        (scheme.eq_ignore_ascii_case(TOKEN_TYPE) && value.trim_start() == SAMPLE_TOKEN).then_some(Self::Bearer)
    }
}
