//! The keys that sign the sandbox's JWTs, and their JWKS.

use std::io;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Map, Value, json};

/// One of the embedded RSA keys. They are intentionally public and worthless: see `keys/README.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SigningKey {
    /// Signs by default, and is in the JWKS by default.
    First,
    /// For a rotation of the project's signing keys.
    Second,
    /// For a JWT with a foreign signature.
    Stranger,
}

impl SigningKey {
    /// All keys.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Stranger];

    /// Returns its name at the control endpoint.
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Stranger => "stranger",
        }
    }

    /// Returns the `kid` for the header of a JWT and the JWKS.
    pub const fn kid(self) -> &'static str {
        match self {
            Self::First => "SK2sandboxFirst",
            Self::Second => "SK2sandboxSecond",
            Self::Stranger => "SK2sandboxStranger",
        }
    }

    /// Returns a compact JWS of the header and the claims, signed with RS256.
    pub(super) fn sign(self, header: &Map<String, Value>, claims: &Map<String, Value>) -> io::Result<String> {
        let pair = self.pair()?;
        let encoded = |part: &Map<String, Value>| Ok::<_, io::Error>(URL_SAFE_NO_PAD.encode(serde_json::to_vec(part)?));
        let message = format!("{}.{}", encoded(header)?, encoded(claims)?);
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .map_err(|_| io::Error::other("the sandbox's signing key cannot sign"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Whether this key made this RS256 signature, in base64url.
    pub(super) fn has_signed(self, message: &str, signature: &str) -> bool {
        let (Ok(pair), Ok(signature)) = (self.pair(), URL_SAFE_NO_PAD.decode(signature)) else { return false };
        let public: PublicKeyComponents<Vec<u8>> = pair.public().into();
        public.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).is_ok()
    }

    /// Returns the key as a JWK, as in `GET /v2/keys/{projectId}`.
    pub(super) fn jwk(self) -> io::Result<Value> {
        let public: PublicKeyComponents<Vec<u8>> = self.pair()?.public().into();
        let (e, n) = (URL_SAFE_NO_PAD.encode(public.e), URL_SAFE_NO_PAD.encode(public.n));
        Ok(json!({"alg": "RS256", "e": e, "kid": self.kid(), "kty": "RSA", "n": n, "use": "sig"}))
    }

    fn pair(self) -> io::Result<&'static RsaKeyPair> {
        let pair = match self {
            Self::First => &FIRST,
            Self::Second => &SECOND,
            Self::Stranger => &STRANGER,
        };
        pair.as_ref().ok_or_else(|| io::Error::other("the sandbox's signing key is damaged"))
    }
}

/// Decodes the header or the claims of a JWT.
pub(super) fn decoded(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

static FIRST: LazyLock<Option<RsaKeyPair>> = LazyLock::new(|| pair(include_bytes!("keys/first.pk8")));
static SECOND: LazyLock<Option<RsaKeyPair>> = LazyLock::new(|| pair(include_bytes!("keys/second.pk8")));
static STRANGER: LazyLock<Option<RsaKeyPair>> = LazyLock::new(|| pair(include_bytes!("keys/stranger.pk8")));

fn pair(pkcs8: &[u8]) -> Option<RsaKeyPair> {
    RsaKeyPair::from_pkcs8(pkcs8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_valid_and_unique() {
        let moduli: Vec<_> = SigningKey::ALL.iter().map(|key| key.jwk().unwrap()["n"].to_string()).collect();
        assert!(moduli[0] != moduli[1] && moduli[1] != moduli[2] && moduli[0] != moduli[2]);
    }
}
