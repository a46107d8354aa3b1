//! A public key, and the signatures that it verifies.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};

use super::jwt::Jwt;

/// A public key of a supported type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum PublicKey {
    /// RS256: modulus and exponent, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// ES256: an uncompressed point.
    P256(Vec<u8>),
    /// ES384: an uncompressed point.
    P384(Vec<u8>),
}

impl PublicKey {
    /// Returns the key of this modulus and exponent, big-endian; `None` if it has less than 2048 or more than 8192 bits.
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Option<Self> {
        let n = magnitude(n).filter(|n| RSA_BYTES.contains(&n.len()))?;
        Some(Self::Rsa { n: n.to_vec(), e: magnitude(e)?.to_vec() })
    }

    /// Returns the key of the point with these coordinates, big-endian.
    pub(super) fn p256(x: &[u8], y: &[u8]) -> Option<Self> {
        point(x, y, P256_BYTES).map(Self::P256)
    }

    /// Returns the key of the point with these coordinates, big-endian.
    pub(super) fn p384(x: &[u8], y: &[u8]) -> Option<Self> {
        point(x, y, P384_BYTES).map(Self::P384)
    }

    /// Whether this key signed the token, with the algorithm of the key alone. A token whose header names another one is
    /// rejected.
    pub(super) fn has_signed(&self, jwt: &Jwt<'_>) -> bool {
        match self {
            Self::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n, e };
                jwt.alg == "RS256" && key.verify(&RSA_PKCS1_2048_8192_SHA256, jwt.signed(), jwt.signature()).is_ok()
            }
            Self::P256(point) => jwt.alg == "ES256" && is_signed_by_point(&ECDSA_P256_SHA256_FIXED, point, jwt),
            Self::P384(point) => jwt.alg == "ES384" && is_signed_by_point(&ECDSA_P384_SHA384_FIXED, point, jwt),
        }
    }
}

fn is_signed_by_point(algorithm: &'static dyn VerificationAlgorithm, point: &[u8], jwt: &Jwt<'_>) -> bool {
    UnparsedPublicKey::new(algorithm, point).verify(jwt.signed(), jwt.signature()).is_ok()
}

/// Removes leading zeros, which some encoders add and ring rejects.
fn magnitude(bytes: &[u8]) -> Option<&[u8]> {
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some(&bytes[first..])
}

/// Returns an uncompressed point. Leading zeros that a coordinate lacks are added.
fn point(x: &[u8], y: &[u8], coordinate_bytes: usize) -> Option<Vec<u8>> {
    let mut point = vec![0x04];
    for coordinate in [x, y] {
        let coordinate = magnitude(coordinate)?;
        let missing = coordinate_bytes.checked_sub(coordinate.len())?;
        point.resize(point.len() + missing, 0);
        point.extend(coordinate);
    }
    Some(point)
}

/// The modulus lengths that ring supports: 2048 to 8192 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
const P256_BYTES: usize = 32;
const P384_BYTES: usize = 48;
