//! The rules of `verify` for the claims of a session.

use serde_json::{Map, Value};

/// What the claims of a session must be (`verify`). Empty rules accept every session.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rules {
    /// The text that `aud` is or contains.
    pub audience: Option<String>,
    /// The tenant: `dct`, or a member of `tenants` if there is no `dct`.
    pub tenant: Option<String>,
    /// Top-level claims with their exact values.
    pub claims: Map<String, Value>,
}
