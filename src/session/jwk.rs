//! One key of a JWKS (RFC 7517, RFC 7518).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::{json_object::JsonObject, public_key::PublicKey};

/// A published key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Jwk {
    /// Empty if it is missing.
    pub(super) kid: String,
    kty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alg: Option<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

/// Why a JWK gives no public key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NotAKey {
    /// It is malformed, or not for signatures.
    Unusable,
    /// This program does not support its type.
    Unsupported,
}

impl Jwk {
    /// Reads a key; `None` without `kty`, or if a field that is used is not a text. No other field affects it.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let object = JsonObject::parse(text).ok()?;
        let optional = |name: &str| {
            let field = object.field(name);
            if field.is_absent() { Some(None) } else { field.text().map(|text| Some(text.to_owned())) }
        };
        Some(Self {
            kid: optional("kid")?.unwrap_or_default(),
            kty: optional("kty")??,
            alg: optional("alg")?,
            usage: optional("use")?,
            n: optional("n")?,
            e: optional("e")?,
            crv: optional("crv")?,
            x: optional("x")?,
            y: optional("y")?,
        })
    }

    pub(super) fn public_key(&self) -> Result<PublicKey, NotAKey> {
        if self.usage.as_deref().is_some_and(|usage| usage != "sig" && !usage.is_empty()) {
            return Err(NotAKey::Unusable);
        }
        let alg = self.alg.as_deref().filter(|alg| !alg.is_empty());
        let number = |text: &Option<String>| text.as_deref().and_then(decoded).ok_or(NotAKey::Unusable);
        let key = match (self.kty.as_str(), self.crv.as_deref(), alg) {
            ("RSA", _, None | Some("RS256")) => PublicKey::rsa(&number(&self.n)?, &number(&self.e)?),
            ("EC", Some("P-256"), None | Some("ES256")) => PublicKey::p256(&number(&self.x)?, &number(&self.y)?),
            ("EC", Some("P-384"), None | Some("ES384")) => PublicKey::p384(&number(&self.x)?, &number(&self.y)?),
            ("oct", _, _) => None,
            (_, _, _) => return Err(NotAKey::Unsupported),
        };
        key.ok_or(NotAKey::Unusable)
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}
