//! The identity of a request for a session.

use serde_json::json;

use crate::{
    exchange::{BaseUrl, LoginOptions, ProjectId},
    fingerprint::Fingerprint,
    secret::Secret,
};

/// Fingerprint of everything that determines a session, except the key.
pub fn request(project: &ProjectId, base: &BaseUrl, options: &LoginOptions) -> Fingerprint {
    let LoginOptions { custom_claims, selected_tenant } = options;
    let base = base.to_string();
    Secret::new(json!([project.as_str(), base, custom_claims, selected_tenant]).to_string()).fingerprint()
}
