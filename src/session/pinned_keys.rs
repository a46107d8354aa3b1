//! Public keys that a person pinned, instead of those that the project publishes.

use super::{
    json_object::{JsonObject, elements},
    jwk::Jwk,
    jwks::KEYS_MAX,
    jwt::Jwt,
    public_key::PublicKey,
    spki,
};

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
            Some(b'{' | b'[') => of_json(text),
            Some(_) | None => spki::public_keys(text).ok_or(NoPublicKey)?,
        };
        if (1..=KEYS_MAX).contains(&keys.len()) { Ok(Self { keys }) } else { Err(NoPublicKey) }
    }

    /// Whether one of the keys signed the token. `kid` only names keys that a project publishes, so every key is tried.
    pub fn have_signed(&self, jwt: &Jwt<'_>) -> bool {
        self.keys.iter().any(|key| key.has_signed(jwt))
    }
}

/// Returns the usable keys of a JWKS, of a bare list, or of one JWK.
fn of_json(text: &[u8]) -> Vec<PublicKey> {
    let listed = match JsonObject::parse(text) {
        Ok(set) => set.raw("keys").map_or(Some(vec![text]), elements),
        Err(_) => elements(text),
    };
    listed.unwrap_or_default().into_iter().filter_map(|jwk| Jwk::parse(jwk)?.public_key().ok()).collect()
}

#[cfg(test)]
mod tests;
