//! An access key becomes a session, or a refusal.
//!
//! [`Client::exchange`] sends it and brings a whole [`Reply`]; [`Reply::read`], which is pure, says what the reply means;
//! [`Trust::judge`] says whether the project signed the session.

mod api;
mod base_url;
mod client;
mod network_path;
mod origin;
mod project;
mod proxy;
mod reply;
mod roots;
mod skew;
mod transport;
mod trust;

use std::{fmt, path::PathBuf, time::Duration};

use crate::renewal::Refusal;

pub use api::Api;
pub use base_url::{BaseUrl, BaseUrlError};
pub use client::{BODY_BYTES_MAX, Client, ClientError};
pub use network_path::{
    Anchors, Authority, Certificate, Connected, Handshake, NetworkPath, NotConnected, Root, Route, Tunnel, Untunnelled,
};
pub use origin::Origin;
pub use project::{NotAProjectId, ProjectId};
pub use proxy::{Proxies, ProxyError};
pub use reply::{GrantNote, Granted, Reply};
pub use roots::{CA_FILE_BYTES_MAX, CaFileError, judge_ca_file};
pub use skew::Skew;
pub use trust::{FETCH_SPACING, SignatureStatus, Trust};

/// The optional login options of an exchange. Claims may be confidential: it prints their names alone.
#[derive(Clone, PartialEq, Default)]
pub struct LoginOptions {
    /// `customClaims`: they land inside the claim `nsec` of the session.
    pub custom_claims: serde_json::Map<String, serde_json::Value>,
    /// `selectedTenant`.
    pub selected_tenant: Option<String>,
}

impl LoginOptions {
    /// What is set, for people.
    pub fn terms(&self) -> Vec<(&'static str, String)> {
        let names: Vec<_> = self.custom_claims.keys().map(String::as_str).collect();
        let claims = (!names.is_empty()).then(|| ("claims", names.join(", ")));
        let tenant = self.selected_tenant.clone().map(|tenant| ("tenant", tenant));
        tenant.into_iter().chain(claims).collect()
    }
}

impl fmt::Debug for LoginOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claims: Vec<_> = self.custom_claims.keys().collect();
        f.debug_struct("LoginOptions")
            .field("custom_claims", &claims)
            .field("selected_tenant", &self.selected_tenant)
            .finish()
    }
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
