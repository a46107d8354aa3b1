//! The options of an exchange of an access key.

use std::fmt;

use serde_json::{Map, Value};

/// The optional login options of an exchange. Claims may be confidential, so `Debug` prints only their names.
#[derive(Clone, PartialEq, Default)]
pub struct LoginOptions {
    /// `customClaims`. Descope puts them in the claim `nsec` of the session.
    pub custom_claims: Map<String, Value>,
    /// `selectedTenant`.
    pub selected_tenant: Option<String>,
}

impl LoginOptions {
    /// Returns the body of the request: `{}`, or `{"loginOptions":{…}}` with the options that are set.
    pub(super) fn body(&self) -> Value {
        let mut set = Map::new();
        if !self.custom_claims.is_empty() {
            set.insert("customClaims".to_owned(), self.custom_claims.clone().into());
        }
        if let Some(tenant) = &self.selected_tenant {
            set.insert("selectedTenant".to_owned(), tenant.clone().into());
        }
        let mut body = Map::new();
        if !set.is_empty() {
            body.insert("loginOptions".to_owned(), set.into());
        }
        body.into()
    }

    /// Returns the options that are set, for display.
    pub(super) fn terms(&self) -> Vec<(&'static str, String)> {
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
