//! The base URL of the API.

use std::fmt;

use reqwest::Url;

use super::{
    origin::{Origin, is_loopback, is_sendable},
    project::ProjectId,
};

/// An API's base URL: scheme, host, port and an optional path, without a trailing slash, user, password, query or
/// fragment.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BaseUrl(Url);

/// Why a text is not a base URL. The text itself is not repeated, because it may contain a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL at all, or one without a host.
    #[error("it is not a URL such as `https://api.descope.com`")]
    NotAUrl,
    /// Neither https nor http.
    #[error("its scheme is neither `https` nor `http`")]
    Scheme,
    /// The URL contains a user or a password.
    #[error("it has a user or a password in it")]
    Userinfo,
    /// The URL contains a query or a fragment.
    #[error("it has a query or a fragment")]
    QueryOrFragment,
    /// The secret would cross a network unencrypted.
    #[error("plain http to another host would show the secret to the network")]
    PlainHttp,
}

impl BaseUrl {
    /// Parses a base URL. Plain http is accepted for loopback hosts only, unless the user allowed it.
    pub fn parse(text: &str, allow_plain_http: bool) -> Result<Self, BaseUrlError> {
        let mut url = Url::parse(text).ok().filter(is_sendable).ok_or(BaseUrlError::NotAUrl)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(BaseUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Userinfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::QueryOrFragment);
        }
        if url.scheme() == "http" && !allow_plain_http && !is_loopback(&url) {
            return Err(BaseUrlError::PlainHttp);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Returns the base URL of Descope's own API in the project's region.
    pub fn of_project(project: &ProjectId) -> Self {
        let region = project.region().map(|region| format!("{}.", region.to_ascii_lowercase())).unwrap_or_default();
        let text = format!("https://api.{region}descope.com");
        Self::parse(&text, false).unwrap_or_else(|_| unreachable!("a project id has only letters and digits"))
    }

    /// Whether the host is one of Descope's own, not a custom domain or a stand-in.
    pub fn is_descopes_own(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        host.strip_suffix("descope.com").is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// Returns the path of an endpoint on the origin; `endpoint` begins with a slash.
    pub fn path(&self, endpoint: &str) -> String {
        format!("{}{endpoint}", self.0.path().trim_end_matches('/'))
    }

    /// Whether requests are unencrypted.
    pub fn is_plain_http(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Returns scheme, host and port, to which rate limits apply.
    pub fn origin(&self) -> Origin {
        Origin::of(&self.0)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_loses_its_trailing_slash_and_keeps_its_path() {
        for (text, shown, origin) in [
            ("https://api.descope.com", "https://api.descope.com", "https://api.descope.com"),
            ("HTTPS://API.Descope.com:443/", "https://api.descope.com", "https://api.descope.com"),
            ("https://auth.example.com:8443/d//", "https://auth.example.com:8443/d", "https://auth.example.com:8443"),
            ("http://[::1]:8080", "http://[::1]:8080", "http://[::1]:8080"),
        ] {
            let base = BaseUrl::parse(text, false).unwrap();
            assert_eq!((base.to_string().as_str(), base.origin().to_string().as_str()), (shown, origin));
            assert_eq!(format!("{}{}", base.origin(), base.path("/v2/keys")), format!("{shown}/v2/keys"));
        }
    }

    #[test]
    fn an_invalid_base_url_is_refused() {
        for (text, error) in [
            ("", BaseUrlError::NotAUrl),
            ("api.descope.com", BaseUrlError::NotAUrl),
            ("https://", BaseUrlError::NotAUrl),
            ("https://api.exa}mple.com", BaseUrlError::NotAUrl),
            ("ftp://api.descope.com", BaseUrlError::Scheme),
            ("localhost:8080", BaseUrlError::Scheme),
            ("https://user@api.descope.com", BaseUrlError::Userinfo),
            ("https://:password@api.descope.com", BaseUrlError::Userinfo),
            ("https://api.descope.com/?a", BaseUrlError::QueryOrFragment),
            ("https://api.descope.com/#a", BaseUrlError::QueryOrFragment),
        ] {
            assert_eq!(BaseUrl::parse(text, true), Err(error), "{text}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback_unless_allowed() {
        for text in ["http://localhost:1", "http://127.0.0.1", "http://127.9.9.9", "http://2130706433", "http://[::1]"]
        {
            assert!(BaseUrl::parse(text, false).unwrap().is_plain_http(), "{text}");
        }
        for text in [
            "http://api.descope.com",
            "http://10.0.0.1",
            "http://a.localhost",
            "http://localhost.example",
            "http://0.0.0.0",
        ] {
            assert_eq!(BaseUrl::parse(text, false), Err(BaseUrlError::PlainHttp), "{text}");
            assert!(BaseUrl::parse(text, true).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_hosts_of_descope_are_told_from_others() {
        let is_own = |text: &str| BaseUrl::parse(text, true).unwrap().is_descopes_own();
        for text in ["https://api.descope.com", "https://API.euc1.descope.com/x", "https://descope.com:8443"] {
            assert!(is_own(text), "{text}");
        }
        for text in ["https://notdescope.com", "https://api.descope.com.example", "http://127.0.0.1:8787"] {
            assert!(!is_own(text), "{text}");
        }
    }

    #[test]
    fn the_region_is_in_the_project_id() {
        let base = |id: &str| BaseUrl::of_project(&ProjectId::parse(id).unwrap()).to_string();
        assert_eq!(base("P2abc"), "https://api.descope.com");
        assert_eq!(base("P2Xm5kZ8pTqLw3nVbRc7dYf1sGh9"), "https://api.descope.com");
        assert_eq!(base("Peuc12aaaaaaaaaaaaaaaaaaaaaaaaaa"), "https://api.euc1.descope.com");
    }
}
