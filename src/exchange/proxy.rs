//! The proxy settings of the environment.

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Proxy, Url};

use super::no_proxy::exempting_item;
use crate::secret::Secret;

/// Proxy settings of the environment. The URL of a proxy may contain a password, so it is stored as a secret.
///
/// Only https requests go through a proxy, as a `CONNECT` tunnel: `HTTP_PROXY` is not read, because such a proxy would
/// see the secret.
#[derive(Debug, Default)]
pub struct Proxies {
    proxy: Option<(&'static str, Secret)>,
    exceptions: Option<(&'static str, String)>,
}

/// A proxy variable is unusable. This is an error, because a direct connection would bypass a proxy that was set on
/// purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the environment variable `{variable}` names no usable proxy: it must be like `http://proxy.example:3128`")]
pub struct ProxyError {
    /// The variable. Its value is not repeated.
    pub variable: &'static str,
}

impl Proxies {
    /// Returns settings without a proxy.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads `HTTPS_PROXY`, else `ALL_PROXY`, and `NO_PROXY`. Each is read in lower case first, as by curl.
    pub fn from_environment() -> Self {
        Self::read(|variable| std::env::var(variable).ok())
    }

    /// Reads the same variables with `lookup`. An empty variable counts as unset.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| Some((*name, lookup(name).filter(|value| !value.trim().is_empty())?)))
        };
        Self {
            proxy: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
                .map(|(variable, value)| (variable, Secret::new(value))),
            exceptions: first(&["no_proxy", "NO_PROXY"]),
        }
    }
}

/// Returns the proxy for requests to an https host, if one applies.
pub(super) fn of(proxies: &Proxies, target: &Uri) -> Result<Option<Proxy>, ProxyError> {
    let Some((variable, url)) = usable(proxies)? else { return Ok(None) };
    if exempting_variable(proxies, target).is_some() {
        return Ok(None);
    }
    Ok(Some(Proxy::https(url).map_err(|_| ProxyError { variable })?))
}

/// Returns the proxy rule for an https host. The client uses the same rules.
pub(super) fn applying(proxies: &Proxies, target: &Uri) -> Result<Applying, ProxyError> {
    let Some((variable, url)) = usable(proxies)? else { return Ok(Applying::NoneSet) };
    if let Some(exempting) = exempting_variable(proxies, target) {
        return Ok(Applying::Exempt { variable, exempting });
    }
    let found = Matcher::builder().https(url.to_string()).build().intercept(target).ok_or(ProxyError { variable })?;
    Ok(Applying::Through { variable, to: found.uri().clone(), login: found.basic_auth().cloned() })
}

/// Returns the variable with the exceptions, if one of them is for the host.
fn exempting_variable(proxies: &Proxies, target: &Uri) -> Option<&'static str> {
    let (variable, list) = proxies.exceptions.as_ref()?;
    let host = target.host()?.trim_start_matches('[').trim_end_matches(']');
    exempting_item(list, host, target.port_u16().unwrap_or(443)).map(|_| *variable)
}

/// The proxy rule that applies to a host.
pub(super) enum Applying {
    NoneSet,
    /// `NO_PROXY` or `no_proxy` exempts the host.
    Exempt {
        variable: &'static str,
        exempting: &'static str,
    },
    /// `login` is the value of `Proxy-Authorization`.
    Through {
        variable: &'static str,
        to: Uri,
        login: Option<HeaderValue>,
    },
}

/// Checks the URL, because the HTTP library ignores a URL that it cannot read and connects directly.
fn usable(proxies: &Proxies) -> Result<Option<(&'static str, Url)>, ProxyError> {
    let Some((variable, value)) = &proxies.proxy else { return Ok(None) };
    let error = ProxyError { variable };
    let value = value.expose().trim();
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = Url::parse(&with_scheme).map_err(|_| error)?;
    let is_usable = matches!(url.scheme(), "http" | "https") && url.as_str().parse::<Uri>().is_ok();
    if is_usable { Ok(Some((variable, url))) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(set: &[(&str, &str)]) -> Proxies {
        Proxies::read(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    fn api() -> Uri {
        Uri::from_static("https://api.example.com")
    }

    fn taken(set: &[(&str, &str)]) -> Option<&'static str> {
        proxies(set).proxy.map(|(variable, _)| variable)
    }

    #[test]
    fn https_proxy_wins_over_all_proxy_and_empty_is_unset() {
        assert_eq!(taken(&[]), None);
        assert_eq!(taken(&[("HTTP_PROXY", "http://a"), ("http_proxy", "http://a")]), None);
        assert_eq!(taken(&[("ALL_PROXY", "http://a"), ("https_proxy", "http://b")]), Some("https_proxy"));
        assert_eq!(taken(&[("HTTPS_PROXY", "http://a"), ("https_proxy", "http://b")]), Some("https_proxy"));
        assert_eq!(taken(&[("HTTPS_PROXY", " "), ("ALL_PROXY", "http://a")]), Some("ALL_PROXY"));
    }

    #[test]
    fn a_proxy_url_may_lack_a_scheme_but_not_have_an_unknown_one() {
        for usable in
            ["http://proxy:3128", "https://proxy", "proxy.corp:3128", "10.0.0.1:8080", "http://u:p%40@proxy:1/"]
        {
            assert!(of(&proxies(&[("HTTPS_PROXY", usable)]), &api()).unwrap().is_some(), "{usable}");
        }
        for unusable in ["socks5://proxy:1080", "http://", "http://pro xy", "ftp://proxy", "http://proxy:99999", "::::"]
        {
            let error = of(&proxies(&[("ALL_PROXY", unusable)]), &api()).unwrap_err();
            assert_eq!(error, ProxyError { variable: "ALL_PROXY" }, "{unusable}");
        }
    }

    #[test]
    fn a_proxys_password_is_never_shown() {
        let proxies = proxies(&[("HTTPS_PROXY", "socks5://user:hunter22@proxy:1")]);
        let shown =
            format!("{proxies:?} {:?} {}", of(&proxies, &api()).unwrap_err(), of(&proxies, &api()).unwrap_err());
        assert!(!shown.contains("hunter22"), "{shown}");
    }
}
