//! Public keys in PEM: `SubjectPublicKeyInfo` of RFC 5280, with keys of RFC 8017 and RFC 5480.

use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject as _};
use x509_cert::{
    der::{Decode as _, Reader as _, SliceReader, asn1::UintRef, oid::ObjectIdentifier},
    spki::SubjectPublicKeyInfoRef,
};

use super::public_key::PublicKey;

/// Returns every `PUBLIC KEY` of a PEM file; `None` if one of them is malformed or of an unsupported type.
pub(super) fn public_keys(pem: &[u8]) -> Option<Vec<PublicKey>> {
    SubjectPublicKeyInfoDer::pem_slice_iter(pem).map(|der| public_key(der.ok()?.as_ref())).collect()
}

fn public_key(der: &[u8]) -> Option<PublicKey> {
    let info = SubjectPublicKeyInfoRef::from_der(der).ok()?;
    let key = info.subject_public_key.as_bytes()?;
    match info.algorithm.oid {
        RSA => rsa(key),
        EC => match info.algorithm.parameters_oid().ok()? {
            P256 => coordinates(key).and_then(|(x, y)| PublicKey::p256(x, y)),
            P384 => coordinates(key).and_then(|(x, y)| PublicKey::p384(x, y)),
            _ => None,
        },
        _ => None,
    }
}

/// Reads an `RSAPublicKey`.
fn rsa(der: &[u8]) -> Option<PublicKey> {
    let mut reader = SliceReader::new(der).ok()?;
    let (n, e) =
        reader.sequence(|key| Ok::<_, x509_cert::der::Error>((UintRef::decode(key)?, UintRef::decode(key)?))).ok()?;
    if reader.is_finished() { PublicKey::rsa(n.as_bytes(), e.as_bytes()) } else { None }
}

/// Splits an uncompressed point.
fn coordinates(point: &[u8]) -> Option<(&[u8], &[u8])> {
    let coordinates = point.strip_prefix(&[0x04]).filter(|both| both.len() % 2 == 0)?;
    Some(coordinates.split_at(coordinates.len() / 2))
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
