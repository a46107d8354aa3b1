//! The route of requests to the API: directly, or through a proxy.

use http::{HeaderValue, Uri};

use crate::exchange::{
    Origin, Proxies, ProxyError,
    proxy::{Applying, applying},
};

/// The target of requests, and the route to it.
#[derive(Clone, Debug)]
pub struct NetworkPath {
    pub(super) host: String,
    port: u16,
    is_plain_http: bool,
    /// The field of the configuration that names the host.
    pub(super) setting: &'static str,
    pub(super) route: Route,
    /// `Proxy-Authorization` for the proxy. The value is marked sensitive.
    pub(super) login: Option<HeaderValue>,
}

/// Whether a proxy is used, and the variable that decides it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route {
    /// No variable names a proxy.
    Direct,
    /// One variable names a proxy, and another one exempts the API's host.
    Exempt {
        /// The variable that names the proxy.
        variable: &'static str,
        /// The variable that exempts the host.
        exempting: &'static str,
        /// The item of its list that does.
        item: String,
    },
    /// Plain http uses no proxy, because a proxy would see the secret.
    PlainHttp,
    /// Through this proxy.
    Proxy {
        /// The variable that names it.
        variable: &'static str,
        /// Its host, without brackets.
        host: String,
        /// Its port.
        port: u16,
        /// Whether the connection to the proxy itself uses TLS.
        is_tls: bool,
        /// Whether the variable holds a user and a password.
        has_login: bool,
    },
}

impl NetworkPath {
    /// Returns the path of the client. `setting` is the field of the configuration that names the host.
    pub fn of(origin: &Origin, setting: &'static str, proxies: &Proxies) -> Result<Self, ProxyError> {
        let (host, port) = origin.host_and_port();
        let (host, is_plain_http) = (host.to_owned(), origin.is_plain_http());
        if is_plain_http {
            return Ok(Self { host, port, is_plain_http, setting, route: Route::PlainHttp, login: None });
        }
        let target: Uri = origin.to_string().parse().unwrap_or_default();
        let (route, login) = match applying(proxies, &target)? {
            Applying::NoneSet => (Route::Direct, None),
            Applying::Exempt { variable, exempting, item } => (Route::Exempt { variable, exempting, item }, None),
            Applying::Through { variable, to, login } => {
                let is_tls = to.scheme_str() == Some("https");
                let host = to.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
                let port = to.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
                (Route::Proxy { variable, host, port, is_tls, has_login: login.is_some() }, login)
            }
        };
        Ok(Self { host, port, is_plain_http, setting, route, login })
    }

    /// Returns the host of the requests.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the path has no TLS.
    pub fn is_plain_http(&self) -> bool {
        self.is_plain_http
    }

    /// Returns the route.
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Returns the host and port to connect to: that of the requests or the proxy's.
    pub fn first(&self) -> (&str, u16) {
        match &self.route {
            Route::Proxy { host, port, .. } => (host, *port),
            Route::Direct | Route::Exempt { .. } | Route::PlainHttp => (&self.host, self.port),
        }
    }

    /// Returns host and port as in `CONNECT`.
    pub(super) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

impl Route {
    /// Returns ` through the proxy …`, or nothing without a proxy.
    pub(in crate::exchange) fn via_proxy(&self) -> String {
        match self {
            Self::Proxy { variable, host, port, .. } => {
                format!(" through the proxy `{host}:{port}`, which `{variable}` names")
            }
            Self::Direct | Self::Exempt { .. } | Self::PlainHttp => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::BaseUrl;

    fn path(base: &str, set: &[(&str, &str)]) -> NetworkPath {
        let proxies = Proxies::read(|name| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        NetworkPath::of(&BaseUrl::parse(base, true).unwrap().origin(), "baseUrl", &proxies).unwrap()
    }

    #[test]
    fn the_path_follows_the_clients_proxy_rules() {
        let direct = path("https://api.descope.com", &[]);
        assert_eq!((direct.first(), direct.route()), (("api.descope.com", 443), &Route::Direct));
        let set = [("https_proxy", "user:hunter22@proxy.corp:3128"), ("NO_PROXY", "example.com,10.0.0.0/8")];
        let through = path("https://api.descope.com:8443/d", &set);
        assert_eq!((through.first(), through.authority().as_str()), (("proxy.corp", 3128), "api.descope.com:8443"));
        let Route::Proxy { variable: "https_proxy", is_tls: false, has_login: true, .. } = through.route() else {
            panic!("{through:?}")
        };
        assert!(!format!("{through:?}").contains("hunter22") && !format!("{through:?}").contains("aHVudGVy"));
        let exempt =
            |item: &str| Route::Exempt { variable: "https_proxy", exempting: "NO_PROXY", item: item.to_owned() };
        assert_eq!(path("https://api.example.com", &set).route(), &exempt("example.com"));
        assert_eq!(path("https://10.1.2.3", &set).route(), &exempt("10.0.0.0/8"));
        let plain = path("http://[::1]:80", &set);
        assert_eq!((plain.first(), plain.route()), (("::1", 80), &Route::PlainHttp));
        assert_eq!(path("https://[::1]:8443", &[]).authority(), "[::1]:8443");
    }
}
