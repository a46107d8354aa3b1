//! The parts of a certificate that explain why it is refused.

use std::{net::IpAddr, time::SystemTime};

use x509_cert::{
    Certificate, Version,
    der::{AnyRef, Decode as _, Encode as _, oid::ObjectIdentifier},
    ext::pkix::{BasicConstraints, SubjectAltName, name::GeneralName},
    name::Name,
};

use super::{algorithm::KeyType, certificate::shown};

/// A certificate's parts. Their text is untrusted, so it is bounded and has no control characters.
#[derive(Clone, Debug)]
pub(super) struct Details {
    pub(super) subject: String,
    pub(super) issuer: String,
    /// The encoded content of the names, as trusted roots have it.
    pub(super) subject_der: Vec<u8>,
    pub(super) issuer_der: Vec<u8>,
    pub(super) common_name: Option<String>,
    /// The names and addresses of `subjectAltName`.
    pub(super) names: Vec<String>,
    pub(super) is_authority: bool,
    pub(super) version: u8,
    pub(super) key: Option<KeyType>,
    pub(super) signed_by: ObjectIdentifier,
    pub(super) not_before: SystemTime,
    pub(super) not_after: SystemTime,
    pub(super) critical: Vec<ObjectIdentifier>,
}

impl Details {
    /// Reads a certificate; `None` if it is malformed.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let parsed = Certificate::from_der(der).ok()?;
        let about = parsed.tbs_certificate();
        let common_name = about.subject().common_name().ok().flatten().map(|_| shown(about.subject()));
        let basic = about.get_extension::<BasicConstraints>().ok().flatten();
        let extensions = about.extensions().map(Vec::as_slice).unwrap_or_default();
        Some(Self {
            subject: shown(about.subject()),
            issuer: shown(about.issuer()),
            subject_der: content(about.subject())?,
            issuer_der: content(about.issuer())?,
            common_name,
            names: about.get_extension::<SubjectAltName>().ok().flatten().map_or_else(Vec::new, |(_, san)| names(&san)),
            is_authority: basic.is_some_and(|(_, basic)| basic.ca),
            version: match about.version() {
                Version::V1 => 1,
                Version::V2 => 2,
                Version::V3 => 3,
            },
            key: KeyType::of(about.subject_public_key_info()),
            signed_by: parsed.signature_algorithm().oid,
            not_before: about.validity().not_before.to_system_time(),
            not_after: about.validity().not_after.to_system_time(),
            critical: extensions.iter().filter(|extension| extension.critical).map(|one| one.extn_id).collect(),
        })
    }

    /// Whether subject and issuer are the same.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject_der == self.issuer_der
    }
}

/// Returns a name's encoding without the outer tag and length.
fn content(name: &Name) -> Option<Vec<u8>> {
    let der = name.to_der().ok()?;
    Some(AnyRef::from_der(&der).ok()?.value().to_vec())
}

fn names(san: &SubjectAltName) -> Vec<String> {
    let names = san.0.iter().filter_map(|name| match name {
        GeneralName::DnsName(name) => Some(printable(name.as_str())),
        GeneralName::IpAddress(octets) => address(octets.as_bytes()).map(|address| address.to_string()),
        _ => None,
    });
    names.take(NAMES_MAX).collect()
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(octets) {
        return Some(four.into());
    }
    <[u8; 16]>::try_from(octets).ok().map(IpAddr::from)
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && *c != '`').take(NAME_CHARS_MAX).collect()
}

const NAMES_MAX: usize = 200;
const NAME_CHARS_MAX: usize = 100;
