//! The public keys of a project (JWKS), and the verification of a token's signature.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde::{Deserialize, Serialize};

use super::jwt::Jwt;

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
        let listed = match serde_json::from_slice(body).map_err(|_| NotAJwks)? {
            JwksJson::Set { keys } | JwksJson::List(keys) => keys,
        };
        let usable = listed.into_iter().filter_map(|jwk| Key::of(serde_json::from_value(jwk).ok()?));
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

#[derive(Deserialize)]
#[serde(untagged)]
enum JwksJson {
    Set { keys: Vec<serde_json::Value> },
    List(Vec<serde_json::Value>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Key {
    jwk: Jwk,
    public_key: PublicKey,
}

/// A published key (RFC 7517, RFC 7518).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Jwk {
    kid: String,
    kty: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum PublicKey {
    /// RS256: modulus and exponent, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// ES256: an uncompressed point.
    P256(Vec<u8>),
    /// ES384: an uncompressed point.
    P384(Vec<u8>),
    /// A type that is not supported.
    Unsupported,
}

impl Key {
    /// Returns `None` for a key that is malformed or not for signatures.
    fn of(jwk: Jwk) -> Option<Self> {
        if jwk.kid.is_empty() || jwk.usage.as_deref().is_some_and(|usage| usage != "sig" && !usage.is_empty()) {
            return None;
        }
        let alg = jwk.alg.as_deref().filter(|alg| !alg.is_empty());
        let public_key = match (jwk.kty.as_str(), jwk.crv.as_deref(), alg) {
            ("RSA", _, None | Some("RS256")) => PublicKey::Rsa {
                n: magnitude(jwk.n.as_deref()?).filter(|n| RSA_BYTES.contains(&n.len()))?,
                e: magnitude(jwk.e.as_deref()?)?,
            },
            ("EC", Some("P-256"), None | Some("ES256")) => PublicKey::P256(point(&jwk, P256_BYTES)?),
            ("EC", Some("P-384"), None | Some("ES384")) => PublicKey::P384(point(&jwk, P384_BYTES)?),
            ("oct", _, _) => return None,
            (_, _, _) => PublicKey::Unsupported,
        };
        Some(Self { jwk, public_key })
    }

    /// Verifies with the algorithm of the key alone; a token whose header names another is rejected.
    fn verify(&self, jwt: &Jwt<'_>) -> SignatureVerdict {
        let signed = match &self.public_key {
            PublicKey::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n, e };
                jwt.alg == "RS256" && key.verify(&RSA_PKCS1_2048_8192_SHA256, jwt.signed(), jwt.signature()).is_ok()
            }
            PublicKey::P256(point) => jwt.alg == "ES256" && signed_by_point(&ECDSA_P256_SHA256_FIXED, point, jwt),
            PublicKey::P384(point) => jwt.alg == "ES384" && signed_by_point(&ECDSA_P384_SHA384_FIXED, point, jwt),
            PublicKey::Unsupported => return self.verdict_unsupported(jwt),
        };
        if signed { SignatureVerdict::Verified } else { SignatureVerdict::BadSignature }
    }

    /// Returns the verdict for a key of an unsupported type. A token that is unsigned, or signed with a shared secret, is
    /// rejected whatever the key is.
    fn verdict_unsupported(&self, jwt: &Jwt<'_>) -> SignatureVerdict {
        let is_forged = jwt.alg.eq_ignore_ascii_case("none") || jwt.alg.starts_with("HS");
        let contradicts = self.jwk.alg.as_deref().is_some_and(|alg| !alg.is_empty() && alg != jwt.alg);
        if is_forged || contradicts { SignatureVerdict::BadSignature } else { SignatureVerdict::Unsupported }
    }
}

fn signed_by_point(algorithm: &'static dyn VerificationAlgorithm, point: &[u8], jwt: &Jwt<'_>) -> bool {
    UnparsedPublicKey::new(algorithm, point).verify(jwt.signed(), jwt.signature()).is_ok()
}

/// Decodes a number and removes leading zeros, which some encoders add and ring rejects.
fn magnitude(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some(bytes[first..].to_vec())
}

/// Returns an uncompressed point. Leading zeros that a coordinate lacks are added.
fn point(jwk: &Jwk, coordinate_bytes: usize) -> Option<Vec<u8>> {
    let mut point = vec![0x04];
    for coordinate in [jwk.x.as_deref()?, jwk.y.as_deref()?] {
        let coordinate = magnitude(coordinate)?;
        let missing = coordinate_bytes.checked_sub(coordinate.len())?;
        point.resize(point.len() + missing, 0);
        point.extend(coordinate);
    }
    Some(point)
}

/// More keys than any project publishes.
pub const KEYS_MAX: usize = 64;
/// The modulus lengths that ring supports: 2048 to 8192 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
const P256_BYTES: usize = 32;
const P384_BYTES: usize = 48;

#[cfg(test)]
mod tests;
