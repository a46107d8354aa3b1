//! The public keys of a project (JWKS), and the verification of a token's signature.

use super::{
    json_object::{JsonObject, elements},
    jwk::{Jwk, NotAKey},
    jwt::Jwt,
    public_key::PublicKey,
};

/// The usable keys among those that a project publishes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Jwks {
    keys: Vec<Key>,
}

/// The result of verifying a token's signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignatureVerdict {
    /// One of the keys signed it.
    Verified,
    /// The token names no key, or one that is not among the keys.
    UnknownKey,
    /// The named key did not sign it.
    BadSignature,
    /// The named key is published, but has a type that this program does not support.
    Unsupported,
}

/// The text is not a JWKS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it is not a JSON Web Key Set")]
pub struct NotAJwks;

impl Jwks {
    /// Parses `{"keys":[…]}` (`/v2/keys/{project}`) or a bare list (`/v1/keys/{project}`). Ignores unknown fields, unusable
    /// keys, and everything after the first [`KEYS_MAX`] keys.
    pub fn parse(body: &[u8]) -> Result<Self, NotAJwks> {
        let listed = match JsonObject::parse(body) {
            Ok(set) => set.raw("keys").and_then(elements),
            Err(_) => elements(body),
        };
        let usable = listed.ok_or(NotAJwks)?.into_iter().filter_map(|jwk| Key::of(Jwk::parse(jwk)?));
        Ok(Self { keys: usable.take(KEYS_MAX).collect() })
    }

    /// Returns the keys as JSON that [`Jwks::parse`] accepts.
    pub fn to_json(&self) -> serde_json::Value {
        let keys: Vec<_> = self.keys.iter().map(|key| &key.jwk).collect();
        serde_json::json!({ "keys": keys })
    }

    /// Whether it has no usable key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Verifies that one of the keys signed the token. A token without `kid` counts as signed by an unknown key, because
    /// every SDK requires a `kid`.
    pub fn verify(&self, jwt: &Jwt<'_>) -> SignatureVerdict {
        let Some(kid) = jwt.kid.as_deref() else { return SignatureVerdict::UnknownKey };
        let verdicts = self.keys.iter().filter(|key| key.jwk.kid == kid).map(|key| key.verify(jwt));
        verdicts
            .reduce(|one, other| if one == SignatureVerdict::Verified { one } else { other })
            .unwrap_or(SignatureVerdict::UnknownKey)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Key {
    jwk: Jwk,
    /// `None` if its type is not supported.
    public_key: Option<PublicKey>,
}

impl Key {
    /// Returns `None` for a key without `kid`, and for one that is malformed or not for signatures.
    fn of(jwk: Jwk) -> Option<Self> {
        let public_key = match jwk.public_key() {
            Ok(public_key) => Some(public_key),
            Err(NotAKey::Unsupported) => None,
            Err(NotAKey::Unusable) => return None,
        };
        if jwk.kid.is_empty() { None } else { Some(Self { jwk, public_key }) }
    }

    fn verify(&self, jwt: &Jwt<'_>) -> SignatureVerdict {
        match &self.public_key {
            Some(public_key) if public_key.has_signed(jwt) => SignatureVerdict::Verified,
            Some(_) => SignatureVerdict::BadSignature,
            None => self.verdict_unsupported(jwt),
        }
    }

    /// Returns the verdict for a key of an unsupported type. A token that is unsigned, or signed with a shared secret, is
    /// rejected whatever the key is.
    fn verdict_unsupported(&self, jwt: &Jwt<'_>) -> SignatureVerdict {
        let is_forged = jwt.alg.eq_ignore_ascii_case("none") || jwt.alg.starts_with("HS");
        let contradicts = self.jwk.alg.as_deref().is_some_and(|alg| !alg.is_empty() && alg != jwt.alg);
        if is_forged || contradicts { SignatureVerdict::BadSignature } else { SignatureVerdict::Unsupported }
    }
}

/// More keys than any project publishes.
pub const KEYS_MAX: usize = 64;

#[cfg(test)]
mod tests;
