//! The names in `status.hosts`: names of other machines under which a loopback listener answers, such as that of a reverse
//! proxy on this machine.

use std::{fmt, net::IpAddr};

/// A host name, or every name below a domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HostPattern {
    /// This name, in lowercase and without a final dot.
    Name(String),
    /// Every name below this domain, at any depth, but not the domain itself: `*.corp.example`.
    Below(String),
}

/// The names under which a loopback listener answers, besides those of this machine.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AllowedHosts(Vec<HostPattern>);

/// Why a text is no host name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAHost {
    /// It is a URL or has a path.
    #[error("not a host name: it is a URL, or has a path")]
    Url,
    /// It has a port.
    #[error("not a host name: it has a port")]
    Port,
    /// It is an IP address.
    #[error("an IP address, which is always allowed")]
    Address,
    /// It has letters outside ASCII.
    #[error("not a host name in ASCII")]
    NotAscii,
    /// Anybody may get a name that it matches.
    #[error("too wide: a web page with such a name could read the status through a browser on this machine")]
    TooWide,
    /// It has another form.
    #[error("not a host name")]
    Malformed,
}

impl NotAHost {
    /// What to write instead.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Url => "write the host alone, such as `status.corp.example`",
            Self::Port => "leave the port out: a request may name any port",
            Self::Address => "remove it",
            Self::NotAscii => "write it as DNS has it, in the form that begins with `xn--`",
            Self::TooWide => "write whole names, or `*.` and a domain of at least two parts, such as `*.corp.example`",
            Self::Malformed => {
                "write a name such as `status.corp.example`, or `*.corp.example` for every name below a domain"
            }
        }
    }
}

impl HostPattern {
    /// Parses a name of the configuration.
    pub fn parse(text: &str) -> Result<Self, NotAHost> {
        if text.contains(['/', '\\', '?', '#', '@']) {
            return Err(NotAHost::Url);
        }
        if text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok() {
            return Err(NotAHost::Address);
        }
        if text.contains(':') {
            return Err(NotAHost::Port);
        }
        if !text.is_ascii() {
            return Err(NotAHost::NotAscii);
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let (domain, is_wide) = match name.strip_prefix('*') {
            Some("") => return Err(NotAHost::TooWide),
            Some(rest) => (rest.strip_prefix('.').ok_or(NotAHost::Malformed)?.to_owned(), true),
            None => (name, false),
        };
        if domain.len() > NAME_BYTES_MAX || !domain.split('.').all(is_label) {
            return Err(NotAHost::Malformed);
        }
        match is_wide {
            true if !domain.contains('.') => Err(NotAHost::TooWide),
            true => Ok(Self::Below(domain)),
            false => Ok(Self::Name(domain)),
        }
    }

    /// Whether it is, or includes, a name in lowercase without a final dot.
    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Name(name) => host == name,
            Self::Below(domain) => {
                let below = host.strip_suffix(domain.as_str()).and_then(|rest| rest.strip_suffix('.'));
                below.is_some_and(|rest| !rest.is_empty())
            }
        }
    }
}

impl AllowedHosts {
    /// Returns these names as a list.
    pub fn new(patterns: Vec<HostPattern>) -> Self {
        Self(patterns)
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn allow(&self, host: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(host))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Below(domain) => write!(f, "*.{domain}"),
        }
    }
}

impl fmt::Display for AllowedHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, pattern) in self.0.iter().enumerate() {
            write!(f, "{}{pattern}", if n == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// Whether it is a part of a name: letters, digits, `_`, and `-` between them (RFC 1123, and `_` as in DNS).
fn is_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=HOST_LABEL_BYTES_MAX).contains(&label.len())
        && label.bytes().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// RFC 1035, without the final dot.
const NAME_BYTES_MAX: usize = 253;
/// The longest part of a name (RFC 1035).
pub const HOST_LABEL_BYTES_MAX: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_allows_itself_and_a_wildcard_what_is_below() {
        let hosts = ["status.corp.example", "*.Ops.example.", "build_7"].map(|host| HostPattern::parse(host).unwrap());
        let hosts = AllowedHosts::new(hosts.to_vec());
        assert_eq!(hosts.to_string(), "status.corp.example, *.ops.example, build_7");
        for allowed in ["status.corp.example", "a.ops.example", "a.b.ops.example", "build_7"] {
            assert!(hosts.allow(allowed), "{allowed}");
        }
        for other in ["corp.example", "a.status.corp.example", "ops.example", ".ops.example", "evilops.example", ""] {
            assert!(!hosts.allow(other), "{other}");
        }
        assert!(!AllowedHosts::default().allow("status.corp.example"));
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_reason() {
        let long = [["a".repeat(63).as_str(); 4].join("."), "a".repeat(64)];
        for (text, why) in [
            ("https://status.corp.example", NotAHost::Url),
            ("status.corp.example/livez", NotAHost::Url),
            ("user@status.corp.example", NotAHost::Url),
            ("status.corp.example:443", NotAHost::Port),
            ("10.1.2.3", NotAHost::Address),
            ("::1", NotAHost::Address),
            ("[::1]", NotAHost::Address),
            ("bücher.example", NotAHost::NotAscii),
            ("*", NotAHost::TooWide),
            ("*.com", NotAHost::TooWide),
            ("*corp.example", NotAHost::Malformed),
            ("status.*.example", NotAHost::Malformed),
            ("*.*.example", NotAHost::Malformed),
            ("", NotAHost::Malformed),
            (".", NotAHost::Malformed),
            ("a..b", NotAHost::Malformed),
            ("-a.example", NotAHost::Malformed),
            ("two words", NotAHost::Malformed),
            (long[0].as_str(), NotAHost::Malformed),
            (long[1].as_str(), NotAHost::Malformed),
        ] {
            assert_eq!(HostPattern::parse(text), Err(why), "{text}");
        }
    }
}
