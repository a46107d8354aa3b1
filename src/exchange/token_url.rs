//! The URL of an OAuth token endpoint.

use std::fmt;

use reqwest::Url;

use super::origin::{Origin, is_loopback, is_sendable};

/// The URL of a token endpoint: scheme, host, port, path and an optional query, without a user, a password, a fragment, or a
/// secret in its query (RFC 6749 section 3.2).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenUrl(Url);

/// Why a text is not the URL of a token endpoint. The text itself is not repeated, because it may contain a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenUrlError {
    /// Not a URL at all, or one without a host.
    #[error("it is not a URL such as `https://api.descope.com/oauth2/v1/token`")]
    NotAUrl,
    /// Neither https nor http.
    #[error("its scheme is neither `https` nor `http`")]
    Scheme,
    /// The URL contains a user or a password.
    #[error("it has a user or a password in it")]
    Userinfo,
    /// The URL contains a fragment.
    #[error("it has a fragment")]
    Fragment,
    /// The query contains a secret.
    #[error("its query has a parameter for a secret, and URLs appear in logs")]
    SecretInQuery,
    /// The secret would cross a network unencrypted.
    #[error("plain http to another host would show the secret to the network")]
    PlainHttp,
}

impl TokenUrl {
    /// Parses a URL. Plain http is accepted for loopback hosts only.
    pub fn parse(text: &str) -> Result<Self, TokenUrlError> {
        let url = Url::parse(text).ok().filter(is_sendable).ok_or(TokenUrlError::NotAUrl)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(TokenUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TokenUrlError::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(TokenUrlError::Fragment);
        }
        if url.query_pairs().any(|(name, _)| names_a_secret(&name)) {
            return Err(TokenUrlError::SecretInQuery);
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(TokenUrlError::PlainHttp);
        }
        Ok(Self(url))
    }

    /// Returns path and query, as a request line has them.
    pub fn path(&self) -> String {
        let query = self.0.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", self.0.path())
    }

    /// Returns scheme, host and port, to which rate limits apply.
    pub fn origin(&self) -> Origin {
        Origin::of(&self.0)
    }
}

/// Prints the URL without its query, for people.
impl fmt::Display for TokenUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = if self.0.query().is_some() { "?…" } else { "" };
        write!(f, "{}{}{query}", self.origin(), self.0.path())
    }
}

impl fmt::Debug for TokenUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether a parameter of this name carries a secret, however it is spelled: `client_secret`, `clientSecret`,
/// `client-secret`.
fn names_a_secret(name: &str) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let letters = letters.to_ascii_lowercase();
    let ends_like_one = SECRET_ENDINGS.iter().any(|ending| letters.ends_with(ending));
    ends_like_one || SECRET_NAMES.contains(&letters.as_str())
}

/// Ends of names of parameters that carry a secret (RFC 6749, RFC 7521, RFC 8693, and API gateways).
const SECRET_ENDINGS: [&str; 7] = ["secret", "assertion", "password", "token", "jwt", "apikey", "accesskey"];
/// Other names of such parameters.
const SECRET_NAMES: [&str; 8] = ["key", "code", "passwd", "pwd", "pass", "authorization", "sig", "signature"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_url_keeps_its_path_and_a_harmless_query() {
        for (text, origin, path, shown) in [
            (
                "https://api.descope.com/oauth2/v1/token",
                "https://api.descope.com",
                "/oauth2/v1/token",
                "https://api.descope.com/oauth2/v1/token",
            ),
            ("HTTPS://Login.Example:443", "https://login.example", "/", "https://login.example/"),
            (
                "https://l.example:8443/t/?p=b2c_1&x",
                "https://l.example:8443",
                "/t/?p=b2c_1&x",
                "https://l.example:8443/t/?…",
            ),
            ("http://127.9.9.9:1/token", "http://127.9.9.9:1", "/token", "http://127.9.9.9:1/token"),
            ("http://[::1]/token", "http://[::1]", "/token", "http://[::1]/token"),
            ("http://LOCALHOST/token", "http://localhost", "/token", "http://localhost/token"),
        ] {
            let url = TokenUrl::parse(text).unwrap();
            assert_eq!((url.origin().to_string().as_str(), url.path().as_str()), (origin, path), "{text}");
            assert_eq!((format!("{url}"), format!("{url:?}")), (shown.to_owned(), shown.to_owned()));
        }
    }

    #[test]
    fn a_token_url_that_would_leak_is_refused() {
        for (text, error) in [
            ("", TokenUrlError::NotAUrl),
            ("/oauth2/v1/token", TokenUrlError::NotAUrl),
            ("https://login.exa}mple/token", TokenUrlError::NotAUrl),
            ("ftp://a.example/token", TokenUrlError::Scheme),
            ("https://id@a.example/token", TokenUrlError::Userinfo),
            ("https://id:secret@a.example/token", TokenUrlError::Userinfo),
            ("https://:secret@a.example/token", TokenUrlError::Userinfo),
            ("https://a.example/token#x", TokenUrlError::Fragment),
            ("https://a.example/token#", TokenUrlError::Fragment),
            ("https://a.example/token?client_secret=x", TokenUrlError::SecretInQuery),
            ("https://a.example/token?a=1&clientSecret=x", TokenUrlError::SecretInQuery),
            ("https://a.example/token?client%5Fsecret=x", TokenUrlError::SecretInQuery),
            ("https://a.example/token?CLIENT_ASSERTION", TokenUrlError::SecretInQuery),
            ("https://a.example/token?assertion=x", TokenUrlError::SecretInQuery),
            ("https://a.example/token?password=x", TokenUrlError::SecretInQuery),
            ("https://a.example/token?access_token=x", TokenUrlError::SecretInQuery),
            ("https://a.example/token?api-key=x", TokenUrlError::SecretInQuery),
            ("https://a.example/token?code=x", TokenUrlError::SecretInQuery),
            ("http://a.example/token", TokenUrlError::PlainHttp),
            ("http://10.0.0.1/token", TokenUrlError::PlainHttp),
            ("http://a.localhost/token", TokenUrlError::PlainHttp),
            ("http://localhost.example/token", TokenUrlError::PlainHttp),
            ("http://127.0.0.1.example/token", TokenUrlError::PlainHttp),
            ("http://0.0.0.0/token", TokenUrlError::PlainHttp),
            ("http://[::]/token", TokenUrlError::PlainHttp),
            ("http://[::ffff:10.0.0.1]/token", TokenUrlError::PlainHttp),
        ] {
            assert_eq!(TokenUrl::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn parameters_that_choose_something_are_no_secrets() {
        for name in ["p", "tenant", "resource", "audience", "grant_type", "client_id", "token_format", "keyset"] {
            assert!(TokenUrl::parse(&format!("https://a.example/token?{name}=x")).is_ok(), "{name}");
        }
    }
}
