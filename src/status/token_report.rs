//! The newest token of one credential on disk, for a program that waits for it. It holds neither the token nor anything that is
//! derived from it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{
    json::{self, Word},
    report::{CredentialReport, OutputReport},
};

/// Where the newest token of a credential is, and for how long it is valid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenReport {
    /// The credential's name.
    pub credential: String,
    /// The number of the token on disk: see [`CredentialReport::generation`].
    pub generation: Option<u64>,
    /// The state of the credential: `starting`, `fresh`, `failing` or `expired`.
    #[serde(deserialize_with = "json::word")]
    pub state: Word,
    /// Whether every output holds a valid token.
    pub ready: bool,
    /// The times of that token.
    #[serde(flatten)]
    pub times: TokenTimes,
    /// The credential's outputs. One with an error does not hold that token.
    pub outputs: Vec<OutputReport>,
}

/// The times of a token, as its readers are given them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenTimes {
    /// When the session was issued.
    #[serde(with = "json::time_if_any")]
    issued_at: Option<SystemTime>,
    /// When it expires.
    #[serde(with = "json::time_if_any")]
    expires_at: Option<SystemTime>,
    /// The same in seconds since the Unix epoch.
    expires_at_unix: Option<u64>,
    /// When it should be renewed.
    #[serde(with = "json::time_if_any")]
    renew_at: Option<SystemTime>,
}

impl TokenTimes {
    /// Returns the times of a token.
    pub fn new(issued_at: SystemTime, expires_at: SystemTime, renew_at: SystemTime) -> Self {
        Self {
            issued_at: Some(issued_at),
            expires_at: Some(expires_at),
            expires_at_unix: Some(expires_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()),
            renew_at: Some(renew_at),
        }
    }
}

impl TokenReport {
    /// Returns the part of a credential's report that is about its token, with the token's times.
    pub fn new(credential: CredentialReport, times: TokenTimes) -> Self {
        let CredentialReport { name, generation, state, ready, outputs, .. } = credential;
        Self { credential: name, generation, state, ready, times, outputs }
    }

    /// Returns the report as JSON text, one field per line.
    pub fn to_json(&self) -> String {
        // Plain data with string keys: it always has a JSON form.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}
