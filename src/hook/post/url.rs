//! The addresses that a POST may use: only this machine.

use std::{fmt, net::IpAddr};

use reqwest::Url;

/// A plain http URL of a loopback address, without user, password or fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct LoopbackUrl(Url);

/// Why a text is not such a URL. The text itself is not repeated: it may hold a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LoopbackUrlError {
    /// It is not a URL, or it is too long.
    #[error("it is not a URL")]
    NotAUrl,
    /// Its scheme is https or another one.
    #[error("its scheme is not `http`")]
    Scheme,
    /// It holds a user or a password.
    #[error("it has a user or a password in it")]
    Userinfo,
    /// It has a fragment, which is never sent to a server.
    #[error("it has a fragment")]
    Fragment,
    /// Its host is another machine, or a name that may resolve to one.
    #[error("its host is not this machine")]
    NotLoopback,
}

impl LoopbackUrl {
    /// Parses a URL.
    pub fn parse(text: &str) -> Result<Self, LoopbackUrlError> {
        if text.len() > URL_BYTES_MAX {
            return Err(LoopbackUrlError::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| LoopbackUrlError::NotAUrl)?;
        if url.scheme() != "http" {
            return Err(LoopbackUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(LoopbackUrlError::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(LoopbackUrlError::Fragment);
        }
        if !is_loopback(&url) {
            return Err(LoopbackUrlError::NotLoopback);
        }
        Ok(Self(url))
    }

    /// Returns the host, without the brackets of an IPv6 address, and the port.
    pub(in crate::hook) fn host_and_port(&self) -> (&str, u16) {
        let host = self.0.host_str().unwrap_or_default();
        (host.trim_start_matches('[').trim_end_matches(']'), self.0.port_or_known_default().unwrap_or_default())
    }

    pub(super) fn to_url(&self) -> Url {
        self.0.clone()
    }
}

/// Whether the host is `localhost` or a loopback address. A subdomain of `localhost` is refused: some resolvers query the
/// network for it.
fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().map_or(host == "localhost", |address| address.is_loopback())
}

/// Omits the query, which may hold a secret of the app.
impl fmt::Display for LoopbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.origin().ascii_serialization(), self.0.path())
    }
}

impl fmt::Debug for LoopbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoopbackUrl({self})")
    }
}

const URL_BYTES_MAX: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_url_of_this_machine_is_accepted() {
        for (text, shown) in [
            ("http://127.0.0.1:8080/-/reload?token=x", "http://127.0.0.1:8080/-/reload"),
            ("HTTP://LocalHost:80", "http://localhost/"),
            ("http://127.9.9.9/a", "http://127.9.9.9/a"),
            ("http://[::1]:1/", "http://[::1]:1/"),
            ("http://2130706433/", "http://127.0.0.1/"),
        ] {
            assert_eq!(LoopbackUrl::parse(text).unwrap().to_string(), shown);
        }
        for (text, error) in [
            ("", LoopbackUrlError::NotAUrl),
            ("127.0.0.1:8080/-/reload", LoopbackUrlError::NotAUrl),
            ("localhost:8080/-/reload", LoopbackUrlError::Scheme),
            ("https://127.0.0.1/", LoopbackUrlError::Scheme),
            ("http+unix://run/app.sock", LoopbackUrlError::Scheme),
            ("http://user@127.0.0.1/", LoopbackUrlError::Userinfo),
            ("http://:password@127.0.0.1/", LoopbackUrlError::Userinfo),
            ("http://127.0.0.1/#a", LoopbackUrlError::Fragment),
            ("http://0.0.0.0/", LoopbackUrlError::NotLoopback),
            ("http://10.0.0.1/", LoopbackUrlError::NotLoopback),
            ("http://169.254.169.254/", LoopbackUrlError::NotLoopback),
            ("http://a.localhost/", LoopbackUrlError::NotLoopback),
            ("http://localhost./", LoopbackUrlError::NotLoopback),
            ("http://localhost.example/", LoopbackUrlError::NotLoopback),
            ("http://[::ffff:10.0.0.1]/", LoopbackUrlError::NotLoopback),
        ] {
            assert_eq!(LoopbackUrl::parse(text), Err(error), "{text}");
        }
        assert!(LoopbackUrl::parse(&format!("http://localhost/{}", "x".repeat(2048))).is_err());
    }
}
