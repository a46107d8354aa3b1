//! The HTTP client for every request to an API. It returns complete replies.

use std::{sync::Arc, time::Duration};

use reqwest::{Response, redirect, retry};
use zeroize::Zeroizing;

use super::{
    api::Api,
    http1,
    network_path::{NetworkPath, Untunnelled},
    origin::Origin,
    proxy::{self, Proxies, ProxyError},
    refusal::Refused,
    reply::{BODY_BYTES_MAX, Reply},
    request::Request,
    resolver::Resolver,
    settings::HttpSettings,
    tls::{self, ClientAuth, ClientCertificate, Tls, TlsSetupError},
    transport::TransportError,
};
use crate::{renewal::Refusal, session::Jwks};

/// Sends requests to one origin. Cheap to clone; clones share their connections.
///
/// Roots and proxies are read once, when the client is built. A change of either needs a new client.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    origin: Origin,
    timeout: Duration,
    connect_timeout: Duration,
    path: Arc<NetworkPath>,
    /// `None` without TLS.
    certificate: Option<Arc<ClientCertificate>>,
}

/// Why no client can be built. The user has to correct each of these.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// A proxy variable of the environment is unusable.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// Any other error of the HTTP library.
    #[error("cannot set up the HTTP client")]
    Http(#[source] reqwest::Error),
}

impl Client {
    /// Sets up TLS, reads `http.caFile` and the system's roots, and selects the proxy that applies. Sends no request.
    ///
    /// Plain http uses no roots and no proxy, because a proxy would see the secret.
    pub fn build(origin: &Origin, settings: &HttpSettings, proxies: &Proxies) -> Result<Self, ClientError> {
        let tls = if origin.is_plain_http() { None } else { Some(tls::load(settings)?.1) };
        Self::with_tls(origin, settings, proxies, tls.as_ref())
    }

    /// Returns a client with this TLS, which https needs.
    pub(super) fn with_tls(
        origin: &Origin,
        settings: &HttpSettings,
        proxies: &Proxies,
        tls: Option<&Tls>,
    ) -> Result<Self, ClientError> {
        // An error means that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .dns_resolver(Arc::new(Resolver))
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(POOL_IDLE_MAX)
            .https_only(!origin.is_plain_http())
            .no_proxy();
        let builder = http1::lenient(builder);
        let mut certificate = None;
        let builder = match tls.filter(|_| !origin.is_plain_http()) {
            None => builder.tls_certs_only([]),
            Some(tls) => {
                let tls = tls.client().map_err(TlsSetupError::Library)?;
                certificate = Some(tls.certificate);
                let builder = builder.tls_backend_preconfigured(tls.config);
                match proxy::of(proxies, &origin.to_string().parse().unwrap_or_default())? {
                    Some(proxy) => builder.proxy(proxy),
                    None => builder,
                }
            }
        };
        let http = builder.build().map_err(|error| ClientError::Http(error.without_url()))?;
        let HttpSettings { timeout, connect_timeout, ca_file: _, client_certificate: _ } = *settings;
        let path = Arc::new(NetworkPath::of(origin, proxies)?);
        Ok(Self { http, origin: origin.clone(), timeout, connect_timeout, path, certificate })
    }

    /// Returns the origin that it sends requests to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Sends a request and returns any complete reply.
    pub async fn send(&self, request: Request) -> Result<Reply, Refused> {
        self.exchange(request, self.timeout).await
    }

    /// Gets the public keys of the project (`GET /v2/keys/{project}`); at least one.
    pub async fn keys(&self, api: &Api) -> Result<Jwks, Refused> {
        let reply = self.keys_reply(api).await?;
        let (status, project) = (reply.status.as_u16(), &api.project);
        if status != 200 {
            let message = format!("cannot get the public keys of project `{project}`: HTTP {status}");
            return Err(Refused::new(Refusal::Failed, message));
        }
        let keys = Jwks::parse(&reply.body).ok().filter(|keys| !keys.is_empty());
        keys.ok_or_else(|| {
            let message = format!("cannot get the public keys of project `{project}`: the reply holds no usable key");
            Refused::new(Refusal::Garbled, message)
        })
    }

    /// Sends the same request and returns any complete reply. The request contains no secret, so it can test which
    /// server answers.
    pub async fn keys_reply(&self, api: &Api) -> Result<Reply, Refused> {
        let request = Request::get(api.base_url.path(&format!("/v2/keys/{}", api.project)));
        self.exchange(request, self.timeout.min(KEYS_TIMEOUT_MAX)).await
    }

    /// Sends a request and collects the complete reply within the time-out.
    async fn exchange(&self, request: Request, timeout: Duration) -> Result<Reply, Refused> {
        let url = format!("{}{}", self.origin, request.path());
        let builder = self.http.request(request.method().clone(), url).headers(request.headers().clone());
        let builder = match request.body() {
            Some(body) => builder.body(body.to_vec()),
            None => builder,
        };
        drop(request);
        let complete = async {
            let response = builder.send().await.map_err(|error| TransportError::of(&error, self.client_auth()))?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok(Reply { status, headers, body: collect(response, self.client_auth()).await? })
        };
        let error = match tokio::time::timeout(timeout, complete).await {
            Ok(Ok(reply)) => return self.accepted(reply),
            Ok(Err(error)) => error,
            Err(_elapsed) => TransportError::Slow,
        };
        let error = match error {
            TransportError::NotConnected { words, remedy, in_tunnel } => {
                let (words, remedy) = match self.by_proxy(in_tunnel.clone()).await {
                    Some(words) => (words, None),
                    None => (words, remedy),
                };
                TransportError::NotConnected { words, remedy, in_tunnel }
            }
            TransportError::SlowConnect { by_proxy: None } => {
                TransportError::SlowConnect { by_proxy: self.path.slow_words() }
            }
            error => error,
        };
        Err(error.refused(&self.origin, timeout, self.connect_timeout))
    }
}

impl Client {
    /// Returns the reply, unless it refuses the client certificate or its absence.
    fn accepted(&self, reply: Reply) -> Result<Reply, Refused> {
        let status = reply.status.as_u16();
        let Some(fault) = tls::refused_by_reply(status, &reply.body, self.client_auth()) else { return Ok(reply) };
        let message = format!("`{}` answers with HTTP {status}: {}", self.origin, fault.reason());
        Err(Refused::new(Refusal::Blocked, message).with_remedy(fault.remedy()))
    }

    /// What became of client certificates in the handshakes so far.
    fn client_auth(&self) -> ClientAuth {
        self.certificate.as_ref().map_or(ClientAuth::NotAsked, |certificate| certificate.state())
    }

    /// Returns why the proxy opens no tunnel, or what it did in it, in the words of `check --online`; `None` if it is not the
    /// cause, or if there is no proxy.
    async fn by_proxy(&self, in_tunnel: Option<Untunnelled>) -> Option<String> {
        let in_tunnel = in_tunnel.filter(|_| self.path.has_plain_proxy());
        let refusal = self.path.why_no_tunnel(self.connect_timeout).await.or(in_tunnel)?;
        let words = self.path.route().refused_words(&refusal, self.path.host())?;
        Some(format!("the proxy {words}"))
    }
}

/// Reads a body up to [`BODY_BYTES_MAX`] into one buffer, which never moves and so leaves no copy.
async fn collect(mut response: Response, client: ClientAuth) -> Result<Zeroizing<Vec<u8>>, TransportError> {
    let mut body = Zeroizing::new(Vec::with_capacity(BODY_BYTES_MAX));
    while let Some(chunk) = response.chunk().await.map_err(|error| TransportError::of(&error, client))? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(TransportError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Time limit for the public keys, because a session waits for them.
const KEYS_TIMEOUT_MAX: Duration = Duration::from_secs(5);
/// Renewals are minutes apart, and a NAT may silently drop a connection that is idle so long. Credentials that start
/// together still share a connection.
const POOL_IDLE_MAX: Duration = Duration::from_secs(20);
/// The edge in front of the API answers the default user agents of libraries with a 403 that looks like a denied key.
const USER_AGENT: &str = concat!("tokenwell/", env!("CARGO_PKG_VERSION"));
