//! The proxy that the environment asks for.

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{NoProxy, Proxy, Url};

use crate::secret::Secret;

/// What the environment says of proxies. A proxy's URL may hold a password, so it is kept as a secret.
///
/// Only https requests go through a proxy, as a `CONNECT` tunnel: `HTTP_PROXY` would see the access key and is not read.
#[derive(Debug, Default)]
pub struct Proxies {
    proxy: Option<(&'static str, Secret)>,
    exceptions: Option<(&'static str, String)>,
}

/// A proxy variable is unusable. A daemon that went directly instead would leak around a proxy that is there on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the environment variable `{variable}` names no usable proxy: it must be like `http://proxy.example:3128`")]
pub struct ProxyError {
    /// The variable. Its value is not repeated.
    pub variable: &'static str,
}

impl Proxies {
    /// Goes directly.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads `HTTPS_PROXY`, else `ALL_PROXY`, and `NO_PROXY`, each in lower case too.
    pub fn from_environment() -> Self {
        Self::read(|variable| std::env::var(variable).ok())
    }

    /// The same from anywhere. An empty variable counts as unset.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| Some((*name, lookup(name).filter(|value| !value.trim().is_empty())?)))
        };
        Self {
            proxy: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
                .map(|(variable, value)| (variable, Secret::new(value))),
            exceptions: first(&["NO_PROXY", "no_proxy"]),
        }
    }
}

/// The proxy for https requests, if there is one.
pub(super) fn of(proxies: &Proxies) -> Result<Option<Proxy>, ProxyError> {
    let Some((variable, url)) = usable(proxies)? else { return Ok(None) };
    let exceptions = proxies.exceptions.as_ref().and_then(|(_, list)| NoProxy::from_string(list));
    Ok(Some(Proxy::https(url).map_err(|_| ProxyError { variable })?.no_proxy(exceptions)))
}

/// How the client goes to an https host, told by the same rules that it goes by.
pub(super) fn applying(proxies: &Proxies, target: &Uri) -> Result<Applying, ProxyError> {
    let Some((variable, url)) = usable(proxies)? else { return Ok(Applying::NoneSet) };
    let (exempting, exceptions) = proxies.exceptions.as_ref().map_or(("", ""), |(name, list)| (*name, list.as_str()));
    let matcher = Matcher::builder().https(url.to_string()).no(exceptions).build();
    Ok(match matcher.intercept(target) {
        None => Applying::Exempt { variable, exempting },
        Some(found) => Applying::Through { variable, to: found.uri().clone(), login: found.basic_auth().cloned() },
    })
}

/// The rule that applies to a host.
pub(super) enum Applying {
    NoneSet,
    /// `NO_PROXY`, in whatever case, takes the host out.
    Exempt {
        variable: &'static str,
        exempting: &'static str,
    },
    /// The login is what `Proxy-Authorization` holds.
    Through {
        variable: &'static str,
        to: Uri,
        login: Option<HeaderValue>,
    },
}

/// The URL is checked here: the library underneath passes over what it cannot read and goes directly.
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

    fn taken(set: &[(&str, &str)]) -> Option<&'static str> {
        proxies(set).proxy.map(|(variable, _)| variable)
    }

    #[test]
    fn https_proxy_wins_over_all_proxy_and_empty_is_unset() {
        assert_eq!(taken(&[]), None);
        assert_eq!(taken(&[("HTTP_PROXY", "http://a"), ("http_proxy", "http://a")]), None);
        assert_eq!(taken(&[("ALL_PROXY", "http://a"), ("https_proxy", "http://b")]), Some("https_proxy"));
        assert_eq!(taken(&[("HTTPS_PROXY", " "), ("ALL_PROXY", "http://a")]), Some("ALL_PROXY"));
    }

    #[test]
    fn a_proxy_may_lack_its_scheme_but_must_be_one_that_is_spoken() {
        for usable in
            ["http://proxy:3128", "https://proxy", "proxy.corp:3128", "10.0.0.1:8080", "http://u:p%40@proxy:1/"]
        {
            assert!(of(&proxies(&[("HTTPS_PROXY", usable)])).unwrap().is_some(), "{usable}");
        }
        for unusable in ["socks5://proxy:1080", "http://", "http://pro xy", "ftp://proxy", "http://proxy:99999", "::::"]
        {
            let error = of(&proxies(&[("ALL_PROXY", unusable)])).unwrap_err();
            assert_eq!(error, ProxyError { variable: "ALL_PROXY" }, "{unusable}");
        }
    }

    #[test]
    fn a_proxys_password_is_never_shown() {
        let proxies = proxies(&[("HTTPS_PROXY", "socks5://user:hunter22@proxy:1")]);
        let shown = format!("{proxies:?} {:?} {}", of(&proxies).unwrap_err(), of(&proxies).unwrap_err());
        assert!(!shown.contains("hunter22"), "{shown}");
    }
}
