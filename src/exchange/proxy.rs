//! The proxy settings of the environment.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Proxy, Url};
use zeroize::Zeroizing;

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
#[error("the environment variable `{variable}` names no usable proxy: {fault}")]
pub struct ProxyError {
    /// The variable. Its value is not repeated.
    pub variable: &'static str,
    /// What is wrong with it.
    pub fault: ProxyFault,
}

/// What is wrong with the URL of a proxy, with the remedy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProxyFault {
    /// A SOCKS proxy.
    #[error(
        "a SOCKS proxy is not supported; name a proxy for https, such as `http://proxy.example:3128`, in `HTTPS_PROXY`"
    )]
    Socks,
    /// Another scheme than `http` and `https`.
    #[error("its scheme is neither `http` nor `https`; write it like `http://proxy.example:3128`")]
    Scheme,
    /// Not a URL.
    #[error(
        "it must be like `http://proxy.example:3128`; a user and password in it have special characters as in URLs, such as `%40` for `@`"
    )]
    NotAUrl,
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
    if exempting(proxies, target).is_some() {
        return Ok(None);
    }
    let login = login(&url);
    let proxy = Proxy::https(without_login(url)).map_err(|_| ProxyError { variable, fault: ProxyFault::NotAUrl })?;
    Ok(Some(match login {
        // The library would take escapes for UTF-8.
        Some(login) => proxy.custom_http_auth(login),
        None => proxy,
    }))
}

/// Returns the proxy rule for an https host. The client uses the same rules.
pub(super) fn applying(proxies: &Proxies, target: &Uri) -> Result<Applying, ProxyError> {
    let Some((variable, url)) = usable(proxies)? else { return Ok(Applying::NoneSet) };
    if let Some((exempting, item)) = exempting(proxies, target) {
        return Ok(Applying::Exempt { variable, exempting, item: item.to_owned() });
    }
    let found = Matcher::builder()
        .https(url.to_string())
        .build()
        .intercept(target)
        .ok_or(ProxyError { variable, fault: ProxyFault::NotAUrl })?;
    Ok(Applying::Through { variable, to: found.uri().clone(), login: login(&url) })
}

/// Returns the variable with the exceptions and the item that is for the host, if there is one.
fn exempting<'a>(proxies: &'a Proxies, target: &Uri) -> Option<(&'static str, &'a str)> {
    let (variable, list) = proxies.exceptions.as_ref()?;
    let host = target.host()?.trim_start_matches('[').trim_end_matches(']');
    exempting_item(list, host, target.port_u16().unwrap_or(443)).map(|item| (*variable, item))
}

/// The proxy rule that applies to a host.
pub(super) enum Applying {
    NoneSet,
    /// `NO_PROXY` or `no_proxy` exempts the host.
    Exempt {
        variable: &'static str,
        exempting: &'static str,
        item: String,
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
    let error = |fault| ProxyError { variable, fault };
    let value = value.expose().trim();
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let scheme = with_scheme.split("://").next().unwrap_or_default().to_ascii_lowercase();
    match scheme.as_str() {
        "http" | "https" => {}
        scheme if scheme.starts_with("socks") => return Err(error(ProxyFault::Socks)),
        _ => return Err(error(ProxyFault::Scheme)),
    }
    let url = Url::parse(&with_scheme).map_err(|_| error(ProxyFault::NotAUrl))?;
    if url.as_str().parse::<Uri>().is_ok() { Ok(Some((variable, url))) } else { Err(error(ProxyFault::NotAUrl)) }
}

/// Returns the value of `Proxy-Authorization` for the user and password of a URL, if there are any. Escapes stand for bytes of
/// any encoding. The value is marked sensitive.
fn login(url: &Url) -> Option<HeaderValue> {
    let (user, password) = (url.username(), url.password().unwrap_or_default());
    if user.is_empty() && password.is_empty() {
        return None;
    }
    let mut pair = unescaped(user);
    pair.push(b':');
    pair.extend_from_slice(&unescaped(password));
    let text = Zeroizing::new(format!("Basic {}", *Zeroizing::new(STANDARD.encode(&*pair))));
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn without_login(mut url: Url) -> Url {
    // An error means that the URL can have none.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url
}

/// Replaces escapes such as `%40` by their bytes. A `%` that begins none stays.
fn unescaped(text: &str) -> Zeroizing<Vec<u8>> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let text = text.as_bytes();
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 2 + 1));
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let escaped = match (byte, digit(text.get(at + 1)), digit(text.get(at + 2))) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    bytes
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
        for good in ["http://proxy:3128", "https://proxy", "proxy.corp:3128", "10.0.0.1:8080", "http://u:p%40@proxy:1/"]
        {
            assert!(of(&proxies(&[("HTTPS_PROXY", good)]), &api()).unwrap().is_some(), "{good}");
        }
        for (bad, fault) in [
            ("socks5://proxy:1080", ProxyFault::Socks),
            ("SOCKS5h://proxy:1080", ProxyFault::Socks),
            ("socks4://proxy:1080", ProxyFault::Socks),
            ("ftp://proxy", ProxyFault::Scheme),
            ("http://", ProxyFault::NotAUrl),
            ("http://pro xy", ProxyFault::NotAUrl),
            ("http://proxy:99999", ProxyFault::NotAUrl),
            ("http://u:p#w@proxy:1", ProxyFault::NotAUrl),
            ("::::", ProxyFault::NotAUrl),
        ] {
            let error = usable(&proxies(&[("ALL_PROXY", bad)])).unwrap_err();
            assert_eq!(error, ProxyError { variable: "ALL_PROXY", fault }, "{bad}");
        }
    }

    #[test]
    fn a_proxys_password_is_never_shown() {
        for url in ["socks5://user:hunter22@proxy:1", "http://user:hunter22@pro xy", "gopher://user:hunter22@proxy"] {
            let proxies = proxies(&[("HTTPS_PROXY", url)]);
            let error = usable(&proxies).unwrap_err();
            let shown = format!("{proxies:?} {error:?} {error}");
            assert!(!shown.contains("hunter22"), "{shown}");
        }
    }

    #[test]
    fn a_login_is_sent_in_the_bytes_that_its_escapes_mean() {
        let pair = |userinfo: &str| {
            let value = login(&Url::parse(&format!("http://{userinfo}proxy:1")).unwrap())?;
            assert!(value.is_sensitive());
            let text = value.to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
            Some(STANDARD.decode(text).unwrap())
        };
        for (userinfo, bytes) in [
            ("user:hunter22@", &b"user:hunter22"[..]),
            ("user@", b"user:"),
            (":hunter22@", b":hunter22"),
            ("corp%5Cuser:p%40s%3As%2F@", b"corp\\user:p@s:s/"),
            ("u:p@ss@", b"u:p@ss"),
            ("u:p+q@", b"u:p+q"),
            ("u:100%@", b"u:100%"),
            ("u:%e9%25@", b"u:\xe9%"),
            ("u:\u{e9}@", "u:\u{e9}".as_bytes()),
        ] {
            assert_eq!(pair(userinfo).as_deref(), Some(bytes), "{userinfo}");
        }
        assert_eq!(pair(""), None);
    }
}
