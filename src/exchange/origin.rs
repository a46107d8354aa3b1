//! Scheme, host and port of a URL.

use std::{fmt, net::IpAddr};

use http::Uri;
use reqwest::Url;

/// The target of requests: scheme, host and port. Rate limits apply per origin, and so do pace, quiet periods and
/// admission.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin(Box<str>);

impl Origin {
    /// Returns the origin of a URL with a host.
    pub(super) fn of(url: &Url) -> Self {
        Self(url.origin().ascii_serialization().into())
    }

    /// Returns the host without the brackets of an IPv6 address, and the port.
    pub(super) fn host_and_port(&self) -> (&str, u16) {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("https", &self.0));
        let usual = if scheme == "http" { 80 } else { 443 };
        let port = rest.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = port.unwrap_or((rest, usual));
        (host.trim_start_matches('[').trim_end_matches(']'), port)
    }

    /// Whether requests are unencrypted.
    pub fn is_plain_http(&self) -> bool {
        self.0.starts_with("http:")
    }
}

/// Writes it as the start of a URL, such as `https://api.descope.com`, without the scheme's default port.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the host is `localhost` or a loopback address. A subdomain of `localhost` does not qualify, because some resolvers
/// query the network for it.
pub(super) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

/// Whether the HTTP library can send a request to it. It knows fewer hosts than URLs may have, such as none with `}`.
pub(super) fn is_sendable(url: &Url) -> bool {
    url.as_str().parse::<Uri>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_split_into_host_and_port() {
        for (text, parts) in [
            ("https://api.descope.com/a", ("api.descope.com", 443)),
            ("https://api.descope.com:8443", ("api.descope.com", 8443)),
            ("http://127.0.0.1/", ("127.0.0.1", 80)),
            ("http://[::1]:80", ("::1", 80)),
            ("https://[2001:db8::2]", ("2001:db8::2", 443)),
            ("https://[2001:db8::2]:8443/x", ("2001:db8::2", 8443)),
        ] {
            assert_eq!(Origin::of(&Url::parse(text).unwrap()).host_and_port(), parts, "{text}");
        }
    }
}
