//! The subject, issuer and expiry of a certificate.

use std::time::SystemTime;

use x509_cert::{Certificate as Parsed, der::Decode as _, name::Name};

/// The fields of a certificate that are displayed. Their text is untrusted, so it is bounded and has no control
/// characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// The name of its owner.
    pub subject: String,
    /// The name of the authority that signed it.
    pub issuer: String,
    /// When its validity ends; `None` if it cannot be read.
    pub ends: Option<SystemTime>,
}

impl Certificate {
    /// Parses a certificate. An unreadable certificate gets placeholders, and is not an error.
    pub(in crate::exchange) fn read(der: &[u8]) -> Self {
        let Ok(parsed) = Parsed::from_der(der) else {
            return Self { subject: UNREADABLE.to_owned(), issuer: UNREADABLE.to_owned(), ends: None };
        };
        let about = parsed.tbs_certificate();
        Self {
            subject: shown(about.subject()),
            issuer: shown(about.issuer()),
            ends: Some(about.validity().not_after.to_system_time()),
        }
    }
}

/// Returns the common name, else the organisation, else the full name.
pub(super) fn shown(name: &Name) -> String {
    let common = name.common_name().ok().flatten().map(String::from);
    let organisation = || name.organization().ok().flatten().map(String::from);
    let text = common.or_else(organisation).unwrap_or_else(|| name.to_string());
    let text: String = text.chars().filter(|c| !c.is_control() && *c != '`').take(NAME_CHARS_MAX).collect();
    if text.is_empty() { UNNAMED.to_owned() } else { text }
}

const UNREADABLE: &str = "(unreadable)";
const UNNAMED: &str = "(no name)";
const NAME_CHARS_MAX: usize = 100;
