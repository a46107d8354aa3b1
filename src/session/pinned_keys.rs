//! Public keys that a person pinned, instead of those that the project publishes.

use serde_json::Value;

use super::{jwk::Jwk, jwks::KEYS_MAX, jwt::Jwt, public_key::PublicKey, spki};

/// The only keys that may sign a session; at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PinnedKeys {
    keys: Vec<PublicKey>,
}

/// The text has no usable public key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it holds no usable public key")]
pub struct NoPublicKey;

impl PinnedKeys {
    /// Parses PEM public keys, one JWK, or a JWKS. Unusable keys of a JWKS are ignored, as with
    /// [`super::Jwks::parse`]; in PEM they are errors, because nothing else explains what they are for.
    pub fn parse(text: &[u8]) -> Result<Self, NoPublicKey> {
        let keys = match text.trim_ascii_start().first() {
            Some(b'{' | b'[') => of_json(serde_json::from_slice(text).map_err(|_| NoPublicKey)?),
            Some(_) | None => spki::public_keys(text).ok_or(NoPublicKey)?,
        };
        if (1..=KEYS_MAX).contains(&keys.len()) { Ok(Self { keys }) } else { Err(NoPublicKey) }
    }

    /// Whether one of the keys signed the token. `kid` only names keys that a project publishes, so every key is tried.
    pub fn have_signed(&self, jwt: &Jwt<'_>) -> bool {
        self.keys.iter().any(|key| key.has_signed(jwt))
    }
}

fn of_json(json: Value) -> Vec<PublicKey> {
    let listed = match json {
        Value::Object(mut set) => match set.remove("keys") {
            Some(Value::Array(keys)) => keys,
            Some(_) => Vec::new(),
            None => vec![Value::Object(set)],
        },
        Value::Array(keys) => keys,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let key = |jwk: Value| serde_json::from_value::<Jwk>(jwk).ok()?.public_key().ok();
    listed.into_iter().filter_map(key).collect()
}

#[cfg(test)]
mod tests;
