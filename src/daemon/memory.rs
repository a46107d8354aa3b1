//! What identifies a request for a session, besides the key.

use serde_json::json;

use super::exchange_effect::ExchangeContext;
use crate::{
    exchange::{BaseUrl, LoginOptions, ProjectId},
    fingerprint::Fingerprint,
    secret::Secret,
};

impl ExchangeContext {
    /// Of everything that makes a session what it is, besides the key.
    pub(super) fn request(&self, options: &LoginOptions) -> Fingerprint {
        request(&self.project, self.client.base(), options)
    }
}

/// Of everything that makes a session what it is, besides the key.
pub(super) fn request(project: &ProjectId, base: &BaseUrl, options: &LoginOptions) -> Fingerprint {
    let LoginOptions { custom_claims, selected_tenant } = options;
    let base = base.to_string();
    Secret::new(json!([project.as_str(), base, custom_claims, selected_tenant]).to_string()).fingerprint()
}
