//! What a certificate says of itself.

use std::time::SystemTime;

use x509_cert::{Certificate as Parsed, der::Decode as _, name::Name};

/// A certificate as people know it. Its words are a stranger's: bounded, without control characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// Whose it is.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Until when it is valid; `None` if it cannot be read.
    pub ends: Option<SystemTime>,
}

impl Certificate {
    /// One that cannot be read is a certificate all the same.
    pub(super) fn read(der: &[u8]) -> Self {
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

/// The common name, else the organisation, else all of it.
fn shown(name: &Name) -> String {
    let common = name.common_name().ok().flatten().map(String::from);
    let organisation = || name.organization().ok().flatten().map(String::from);
    let text = common.or_else(organisation).unwrap_or_else(|| name.to_string());
    let text: String = text.chars().filter(|c| !c.is_control() && *c != '`').take(NAME_CHARS_MAX).collect();
    if text.is_empty() { "nobody".to_owned() } else { text }
}

const UNREADABLE: &str = "(unreadable)";
const NAME_CHARS_MAX: usize = 100;
