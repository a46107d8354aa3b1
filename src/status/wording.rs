//! The wordings of refusals, one row a class: every log, report, table, page and the doctor take them from here.

use std::borrow::Cow;

use crate::renewal::RefusalClass;

/// A class of refusals in words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wording {
    /// What happened, in a few words; of a denial without the secret that was denied.
    pub what: &'static str,
    /// What a person can do; `None` where that depends on the credential's source, which knows it.
    pub remedy: Option<&'static str>,
    /// Whether retries alone are likely to end it.
    pub heals: bool,
}

impl Wording {
    /// What happened to an exchange with this kind of secret, in a few words.
    pub fn summary(class: RefusalClass, secret: &str) -> Cow<'static, str> {
        let what = Self::of(class).what;
        match class {
            RefusalClass::Denied => format!("{secret} {what}").into(),
            RefusalClass::Blocked
            | RefusalClass::Busy
            | RefusalClass::Failed
            | RefusalClass::Garbled
            | RefusalClass::Unreachable => what.into(),
        }
    }

    /// The wording of a class.
    pub const fn of(class: RefusalClass) -> Self {
        match class {
            RefusalClass::Denied => Self { what: "denied", remedy: None, heals: false },
            RefusalClass::Blocked => Self {
                what: "maybe blocked on the way to the API",
                remedy: Some(
                    "ask the operator of the proxy or firewall on the way to allow this machine's address and the user \
                         agent `tokenwell`, or ask Descope's support",
                ),
                heals: false,
            },
            RefusalClass::Busy => Self {
                what: "the API asks to slow down",
                remedy: Some(
                    "if it happens often, send fewer requests from this address: limits are counted by address",
                ),
                heals: true,
            },
            RefusalClass::Failed => {
                Self { what: "the API fails", remedy: Some("if it goes on, see Descope's status page"), heals: true }
            }
            RefusalClass::Garbled => Self {
                what: "the API's answers make no sense",
                remedy: Some("check that `baseUrl` is Descope's API and `projectId` the key's project"),
                heals: false,
            },
            RefusalClass::Unreachable => Self {
                what: "the API cannot be reached",
                remedy: Some(
                    "check that this machine reaches the API: DNS, network, `HTTPS_PROXY`, and the CA roots \
                         (`http.caFile`)",
                ),
                heals: true,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_words_of_its_own() {
        let all = RefusalClass::ALL.map(Wording::of);
        for (n, wording) in all.iter().enumerate() {
            assert!(!wording.what.is_empty() && wording.remedy != Some(""));
            assert!(all[..n].iter().all(|other| other.what != wording.what && other.remedy != wording.remedy));
        }
    }
}
