//! Scheme, host and port of a URL.

use std::fmt;

use reqwest::Url;

/// Where requests go: scheme, host and port. Rate limits count for one origin, so pace, quiet and admission do as well.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin(Box<str>);

impl Origin {
    /// The origin of a URL with a host.
    pub(super) fn of(url: &Url) -> Self {
        Self(url.origin().ascii_serialization().into())
    }

    /// Whether requests go in clear.
    pub fn is_plain_http(&self) -> bool {
        self.0.starts_with("http:")
    }
}

/// As it is written in front of a path: `https://api.descope.com`, without a port that the scheme implies.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
