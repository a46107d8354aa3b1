//! Scheme, host and port of a URL.

use std::{fmt, net::IpAddr};

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
