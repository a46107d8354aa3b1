//! The names of algorithms, keys and extensions in certificates.

use x509_cert::{
    der::{
        Decode as _, Reader as _, SliceReader,
        asn1::{BitStringRef, UintRef},
        oid::ObjectIdentifier,
    },
    spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned},
};

/// A public key by type and size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyType {
    /// RSA with this number of bits.
    Rsa(usize),
    /// Any other, by its name or its object identifier.
    Named(String),
}

impl KeyType {
    /// Returns the type of a key; `None` if it cannot be read.
    pub(super) fn of(info: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        Self::read(&info.algorithm, info.subject_public_key.as_bytes()?)
    }

    /// Returns the type of a key in the content of a `SubjectPublicKeyInfo`, as trusted roots have it.
    pub(super) fn of_content(content: &[u8]) -> Option<Self> {
        let mut reader = SliceReader::new(content).ok()?;
        let algorithm = AlgorithmIdentifierOwned::decode(&mut reader).ok()?;
        Self::read(&algorithm, BitStringRef::decode(&mut reader).ok()?.as_bytes()?)
    }

    fn read(algorithm: &AlgorithmIdentifierOwned, key: &[u8]) -> Option<Self> {
        if algorithm.oid == RSA {
            return rsa_bits(key).map(Self::Rsa);
        }
        let curve = algorithm.parameters.as_ref().and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
        Some(Self::Named(name_of(&curve.unwrap_or(algorithm.oid), &KEYS)))
    }

    /// Whether signatures by such a key can be verified.
    pub(super) fn is_supported(&self) -> bool {
        match self {
            Self::Rsa(bits) => (RSA_BITS_MIN..=RSA_BITS_MAX).contains(bits),
            Self::Named(name) => ["ECDSA P-256", "ECDSA P-384", "Ed25519"].contains(&name.as_str()),
        }
    }

    /// Whether it is an RSA key below the minimum.
    pub(super) fn is_too_short(&self) -> bool {
        matches!(self, Self::Rsa(bits) if *bits < RSA_BITS_MIN)
    }

    /// Returns its name, such as `RSA of 2048 bits`.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Rsa(bits) => format!("RSA of {bits} bits"),
            Self::Named(name) => name.clone(),
        }
    }
}

/// Returns the name of a signature's algorithm.
pub(super) fn signature_name(oid: &ObjectIdentifier) -> String {
    name_of(oid, &SIGNATURES)
}

/// Whether certificates that are signed by this algorithm can be verified, given a suitable key.
pub(super) fn is_verifiable(oid: &ObjectIdentifier) -> bool {
    VERIFIABLE.contains(oid)
}

/// Returns the name of a certificate's extension.
pub(super) fn extension_name(oid: &ObjectIdentifier) -> String {
    name_of(oid, &EXTENSIONS)
}

/// Whether the library of certificates processes this extension.
pub(super) fn is_processed(oid: &ObjectIdentifier) -> bool {
    PROCESSED.contains(oid)
}

/// Returns the name of a purpose in `extendedKeyUsage`.
pub(super) fn purpose_name(arcs: &[usize]) -> String {
    let dotted: Vec<_> = arcs.iter().map(ToString::to_string).collect();
    let dotted = dotted.join(".");
    ObjectIdentifier::new(&dotted).map_or(dotted, |oid| name_of(&oid, &PURPOSES))
}

fn name_of(oid: &ObjectIdentifier, names: &[(ObjectIdentifier, &str)]) -> String {
    names.iter().find(|(known, _)| known == oid).map_or_else(|| oid.to_string(), |(_, name)| (*name).to_owned())
}

/// Returns the length of the modulus in an `RSAPublicKey`.
fn rsa_bits(der: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(der).ok()?;
    let modulus = reader
        .sequence(|key| {
            let modulus = UintRef::decode(key)?;
            UintRef::decode(key)?;
            Ok::<_, x509_cert::der::Error>(modulus)
        })
        .ok()?;
    let bytes = modulus.as_bytes();
    let first = bytes.first()?;
    Some(bytes.len() * 8 - usize::try_from(first.leading_zeros()).ok()?)
}

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const RSA_BITS_MIN: usize = 2048;
const RSA_BITS_MAX: usize = 8192;
const RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
const KEYS: [(ObjectIdentifier, &str); 13] = [
    (RSA, "RSA"),
    (oid("1.2.840.113549.1.1.10"), "RSASSA-PSS"),
    (oid("1.2.840.10040.4.1"), "DSA"),
    (oid("1.2.840.10045.3.1.7"), "ECDSA P-256"),
    (oid("1.3.132.0.34"), "ECDSA P-384"),
    (oid("1.3.132.0.35"), "ECDSA P-521"),
    (oid("1.3.132.0.33"), "ECDSA P-224"),
    (oid("1.3.132.0.10"), "ECDSA secp256k1"),
    (oid("1.3.36.3.3.2.8.1.1.7"), "ECDSA brainpoolP256r1"),
    (oid("1.3.36.3.3.2.8.1.1.11"), "ECDSA brainpoolP384r1"),
    (oid("1.3.36.3.3.2.8.1.1.13"), "ECDSA brainpoolP512r1"),
    (oid("1.3.101.112"), "Ed25519"),
    (oid("1.3.101.113"), "Ed448"),
];
const SIGNATURES: [(ObjectIdentifier, &str); 18] = [
    (oid("1.2.840.113549.1.1.2"), "MD2 with RSA"),
    (oid("1.2.840.113549.1.1.4"), "MD5 with RSA"),
    (oid("1.2.840.113549.1.1.5"), "SHA-1 with RSA"),
    (oid("1.2.840.113549.1.1.10"), "RSASSA-PSS"),
    (oid("1.2.840.113549.1.1.11"), "SHA-256 with RSA"),
    (oid("1.2.840.113549.1.1.12"), "SHA-384 with RSA"),
    (oid("1.2.840.113549.1.1.13"), "SHA-512 with RSA"),
    (oid("1.2.840.113549.1.1.14"), "SHA-224 with RSA"),
    (oid("1.2.840.10045.4.1"), "ECDSA with SHA-1"),
    (oid("1.2.840.10045.4.3.1"), "ECDSA with SHA-224"),
    (oid("1.2.840.10045.4.3.2"), "ECDSA with SHA-256"),
    (oid("1.2.840.10045.4.3.3"), "ECDSA with SHA-384"),
    (oid("1.2.840.10045.4.3.4"), "ECDSA with SHA-512"),
    (oid("1.2.840.10040.4.3"), "DSA with SHA-1"),
    (oid("2.16.840.1.101.3.4.3.2"), "DSA with SHA-256"),
    (oid("1.3.101.112"), "Ed25519"),
    (oid("1.3.101.113"), "Ed448"),
    (oid("1.3.14.3.2.29"), "SHA-1 with RSA"),
];
/// RSASSA-PSS is among them with some parameters only.
const VERIFIABLE: [ObjectIdentifier; 6] = [
    oid("1.2.840.113549.1.1.11"),
    oid("1.2.840.113549.1.1.12"),
    oid("1.2.840.113549.1.1.13"),
    oid("1.2.840.10045.4.3.2"),
    oid("1.2.840.10045.4.3.3"),
    oid("1.3.101.112"),
];
const EXTENSIONS: [(ObjectIdentifier, &str); 9] = [
    (oid("2.5.29.32"), "certificatePolicies"),
    (oid("2.5.29.33"), "policyMappings"),
    (oid("2.5.29.36"), "policyConstraints"),
    (oid("2.5.29.54"), "inhibitAnyPolicy"),
    (oid("2.5.29.18"), "issuerAltName"),
    (oid("2.5.29.16"), "privateKeyUsagePeriod"),
    (oid("1.3.6.1.5.5.7.1.24"), "tlsfeature"),
    (oid("1.3.6.1.5.5.7.1.1"), "authorityInfoAccess"),
    (oid("1.3.6.1.4.1.11129.2.4.3"), "CT poison"),
];
/// keyUsage, subjectAltName, basicConstraints, nameConstraints, cRLDistributionPoints, extendedKeyUsage.
const PROCESSED: [ObjectIdentifier; 6] =
    [oid("2.5.29.15"), oid("2.5.29.17"), oid("2.5.29.19"), oid("2.5.29.30"), oid("2.5.29.31"), oid("2.5.29.37")];
const PURPOSES: [(ObjectIdentifier, &str); 7] = [
    (oid("1.3.6.1.5.5.7.3.1"), "serverAuth"),
    (oid("1.3.6.1.5.5.7.3.2"), "clientAuth"),
    (oid("1.3.6.1.5.5.7.3.3"), "codeSigning"),
    (oid("1.3.6.1.5.5.7.3.4"), "emailProtection"),
    (oid("1.3.6.1.5.5.7.3.8"), "timeStamping"),
    (oid("1.3.6.1.5.5.7.3.9"), "OCSPSigning"),
    (oid("2.5.29.37.0"), "anyExtendedKeyUsage"),
];
