//! Why a certificate does not cover a host's name.

use std::net::IpAddr;

/// A host's name, and the names of a certificate that does not cover it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameFault {
    pub(super) wanted: String,
    pub(super) names: Vec<String>,
    pub(super) common_name: Option<String>,
}

impl NameFault {
    /// Returns the reason.
    pub(super) fn reason(&self) -> String {
        let Self { wanted, names, common_name } = self;
        if names.is_empty() {
            let name = common_name.as_ref().map_or(String::new(), |name| format!(" (`CN={name}`)"));
            return format!(
                "the server's certificate has no `subjectAltName`, and its common name{name} is not read as a host name"
            );
        }
        let start = format!("the server's certificate is for another name: for {}, not `{wanted}`", listed(names));
        let note = self.wildcard_note().or_else(|| self.address_note());
        note.map_or(start.clone(), |note| format!("{start}; {note}"))
    }

    /// Returns the remedy.
    pub(super) fn remedy(&self) -> String {
        let san = self.san();
        if self.names.is_empty() {
            return format!("issue the server's certificate again with `{san}` (`openssl`: `-addext {san}`)");
        }
        format!(
            "if it is the right server, write one of its certificate's names into `baseUrl`, or issue its certificate again with \
             `{san}`"
        )
    }

    /// Returns what covers the name.
    fn san(&self) -> String {
        format!("subjectAltName={}", san_entry(&self.wanted))
    }

    /// Returns why a wildcard that looks as if it covered the name does not.
    fn wildcard_note(&self) -> Option<String> {
        let wanted = self.wanted.to_ascii_lowercase();
        self.names.iter().find_map(|name| {
            let (first, rest) = name.split_once('.')?;
            if !first.contains('*') || !(wanted.ends_with(&format!(".{}", rest.to_ascii_lowercase())) || wanted == rest)
            {
                return None;
            }
            Some(if first != "*" {
                format!("in `{name}` the wildcard is not a whole label")
            } else if !rest.contains('.') {
                format!("the wildcard `{name}` is not accepted, because only one label follows it")
            } else if wanted == rest {
                format!("`{name}` does not cover `{rest}` itself")
            } else {
                format!("the wildcard in `{name}` stands for one label only")
            })
        })
    }

    /// Returns why the address among the names does not count.
    fn address_note(&self) -> Option<String> {
        let address: IpAddr = self.wanted.parse().ok()?;
        self.names
            .iter()
            .any(|name| name.parse() == Ok(address))
            .then(|| format!("`{address}` is there as a DNS name, and must be an IP address (`IP:{address}`)"))
    }
}

/// Returns a host as an entry of `subjectAltName`.
pub(super) fn san_entry(wanted: &str) -> String {
    let kind = if wanted.parse::<IpAddr>().is_ok() { "IP" } else { "DNS" };
    format!("{kind}:{wanted}")
}

fn listed(names: &[String]) -> String {
    let mut shown: Vec<_> = names.iter().take(NAMES_SHOWN_MAX).map(|name| format!("`{name}`")).collect();
    if names.len() > NAMES_SHOWN_MAX {
        shown.push(format!("{} more", names.len() - NAMES_SHOWN_MAX));
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

const NAMES_SHOWN_MAX: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_miss_a_name_has_its_words() {
        let reason = |wanted: &str, names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            NameFault { wanted: wanted.to_owned(), names, common_name: None }.reason()
        };
        let starts = "the server's certificate is for another name: for";
        for (wanted, names, expected) in [
            ("a.example", &["b.example", "c.example"][..], "`b.example` and `c.example`, not `a.example`"),
            (
                "api.internal",
                &["*.internal"],
                "`*.internal`, not `api.internal`; the wildcard `*.internal` is not accepted, because only one label follows it",
            ),
            (
                "a.b.corp.example",
                &["*.corp.example"],
                "`*.corp.example`, not `a.b.corp.example`; the wildcard in `*.corp.example` stands for one label only",
            ),
            (
                "corp.example",
                &["*.corp.example"],
                "`*.corp.example`, not `corp.example`; `*.corp.example` does not cover `corp.example` itself",
            ),
            (
                "api1.corp.example",
                &["api*.corp.example"],
                "`api*.corp.example`, not `api1.corp.example`; in `api*.corp.example` the wildcard is not a whole label",
            ),
            (
                "10.0.0.1",
                &["10.0.0.1"],
                "`10.0.0.1`, not `10.0.0.1`; `10.0.0.1` is there as a DNS name, and must be an IP address (`IP:10.0.0.1`)",
            ),
            ("x.example", &["a", "b", "c", "d", "e", "f", "g"], "`a`, `b`, `c`, `d`, `e` and 2 more, not `x.example`"),
        ] {
            assert_eq!(reason(wanted, names), format!("{starts} {expected}"));
        }
        let without =
            NameFault { wanted: "::1".to_owned(), names: Vec::new(), common_name: Some("a.example".to_owned()) };
        assert_eq!(
            without.reason(),
            "the server's certificate has no `subjectAltName`, and its common name (`CN=a.example`) is not read as a host name"
        );
        assert!(without.remedy().contains("`subjectAltName=IP:::1`"), "{}", without.remedy());
    }
}
