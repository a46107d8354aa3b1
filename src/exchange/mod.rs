//! An access key becomes a session, or a refusal.

mod base_url;
mod project;

use std::{path::PathBuf, time::Duration};

use crate::renewal::Refusal;

pub use base_url::{BaseUrl, BaseUrlError};
pub use project::{NotAProjectId, ProjectId};

/// The optional login options of an exchange.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LoginOptions {
    /// `customClaims`: they land inside the claim `nsec` of the session.
    pub custom_claims: serde_json::Map<String, serde_json::Value>,
    /// `selectedTenant`.
    pub selected_tenant: Option<String>,
}

/// How requests are made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpSettings {
    /// The whole request, from connecting to the last byte of the reply (`http.timeout`).
    pub timeout: Duration,
    /// Name look-up, TCP and TLS (`http.connectTimeout`).
    pub connect_timeout: Duration,
    /// Roots besides the system's (`http.caFile`), PEM.
    pub ca_file: Option<PathBuf>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), connect_timeout: Duration::from_secs(3), ca_file: None }
    }
}

/// A refusal and what to tell people of it. The message holds nothing that the server or a key file said in its own words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The class, which sets the pace.
    pub refusal: Refusal,
    /// One line for people: what happened and, where there is one, the remedy.
    pub message: String,
}
