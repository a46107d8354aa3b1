//! The HTTP client for every request to an API. It returns complete replies.

use std::{borrow::Cow, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use reqwest::{Response, redirect, retry};
use tower::util::{MapRequestLayer, MapResponseLayer};
use zeroize::Zeroizing;

use super::{
    api::Api,
    http1,
    network_path::{Cause, LookUpError, NetworkPath},
    origin::Origin,
    proxy::{self, Proxies, ProxyError},
    public_keys::public_keys,
    refusal::Refused,
    reply::{BODY_BYTES_MAX, Reply},
    request::{Request, USER_AGENT},
    resolver::{self, Resolver},
    settings::HttpSettings,
    timeline::{self, Step},
    tls::{self, ClientAuth, ClientCertificate, Tls, TlsSetupError},
    transport_error::{Attempt, TransportError},
};
use crate::{clock, renewal::Refusal, session::Jwks};

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
    /// The longest body that it accepts.
    body_bytes_max: usize,
    /// `None` without TLS, as is the next.
    tls: Option<Tls>,
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
        let tls = if origin.is_plain_http() { None } else { Some(tls::load(settings)?) };
        Self::with_tls(origin, "baseUrl", settings, proxies, tls.as_ref())
    }

    /// Returns a client that trusts only the authorities of this file, for a server within a cluster. It uses no proxy, and accepts
    /// bodies of this length. The variable or field `setting` has the address of the server.
    pub(crate) fn of_private_server(
        origin: &Origin,
        setting: &'static str,
        ca_file: &Path,
        body_bytes_max: usize,
    ) -> Result<Self, ClientError> {
        let tls = tls::load_only(setting, ca_file)?;
        let client = Self::with_tls(origin, setting, &HttpSettings::default(), &Proxies::none(), Some(&tls))?;
        Ok(Self { body_bytes_max, ..client })
    }

    /// Returns a client with this TLS, which https needs. The field `setting` has the URL of the server.
    pub(super) fn with_tls(
        origin: &Origin,
        setting: &'static str,
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
            .connector_layer(MapRequestLayer::new(|request| {
                timeline::connecting();
                request
            }))
            .connector_layer(MapResponseLayer::new(|connection| {
                timeline::enter(Step::Head);
                connection
            }))
            .pool_idle_timeout(POOL_IDLE_MAX)
            .https_only(!origin.is_plain_http())
            .no_proxy();
        let builder = http1::lenient(builder);
        let mut certificate = None;
        let tls = tls.filter(|_| !origin.is_plain_http());
        let builder = match tls {
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
        let path = Arc::new(NetworkPath::of(origin, setting, proxies)?);
        let (origin, body_bytes_max) = (origin.clone(), BODY_BYTES_MAX);
        Ok(Self { http, origin, timeout, connect_timeout, path, body_bytes_max, tls: tls.cloned(), certificate })
    }

    /// Returns the origin that it sends requests to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Sends a request and returns any complete reply.
    pub async fn send(&self, request: Request) -> Result<Reply, Refused> {
        self.exchange(request, self.timeout).await
    }

    /// Does the same within another time-out than that of the settings.
    pub(crate) async fn send_within(&self, request: Request, timeout: Duration) -> Result<Reply, Refused> {
        self.exchange(request, timeout).await
    }

    /// Gets the public keys of the project (`GET /v2/keys/{project}`); at least one.
    pub async fn keys(&self, api: &Api) -> Result<Jwks, Refused> {
        let reply = self.keys_reply(api).await?;
        let (status, project) = (reply.status.as_u16(), &api.project);
        if status != 200 {
            let message = format!("cannot get the public keys of project `{project}`: HTTP {status}");
            return Err(Refused::new(Refusal::Failed, message));
        }
        public_keys(&reply).map_err(|why| {
            let message = format!("cannot get the public keys of project `{project}`: {why}");
            Refused { remedy: why.remedy().map(Cow::from), ..Refused::new(Refusal::Garbled, message) }
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
        let (began, mut address) = (clock::now(), None);
        let complete = tokio::time::timeout(timeout, Box::pin(self.reply(request, timeout, &mut address)));
        let (complete, progress) = timeline::recorded(self.path.route(), complete).await;
        let error = match complete {
            Ok(Ok(reply)) => return self.accepted(reply),
            Ok(Err(error)) => error,
            Err(_elapsed) if progress.unfinished() == Step::LookUp => {
                TransportError::LookUp(LookUpError::late(timeout))
            }
            Err(_elapsed) => TransportError::Slow,
        };
        self.path.distrust_address();
        let left = timeout.saturating_sub(clock::now() - began).min(self.connect_timeout);
        let error = self.explained(error, progress.unfinished(), left).await;
        let Self { origin, path, connect_timeout, .. } = self;
        Err(error.refused(&Attempt {
            origin,
            path,
            address,
            progress: &progress,
            timeout,
            connect_timeout: *connect_timeout,
        }))
    }

    /// Looks the name up, sends a request and collects the complete reply. `address` becomes one of the first host.
    ///
    /// The library is given the answer, so its time limit of a connection, which would include the look-up, is one
    /// of TCP, a proxy's tunnel and TLS: a resolver may need longer than that. A connection that is still open needs no address.
    async fn reply(
        &self,
        request: Request,
        timeout: Duration,
        address: &mut Option<SocketAddr>,
    ) -> Result<Reply, TransportError> {
        if self.path.needs_look_up() {
            timeline::enter(Step::LookUp);
        }
        let found = match self.path.look_up(timeout).await {
            Err(error @ (LookUpError::Slow(_) | LookUpError::NoThread(_))) => {
                return Err(TransportError::LookUp(error));
            }
            found => found.map(|addresses| self.path.preferred(addresses)),
        };
        *address = found.as_ref().ok().and_then(|addresses| addresses.first().copied());
        let url = format!("{}{}", self.origin, request.path());
        let builder = self.http.request(request.method().clone(), url).headers(request.headers().clone());
        let builder = match request.body() {
            Some(body) => builder.body(body.to_vec()),
            None => builder,
        };
        drop(request);
        timeline::enter(Step::Head);
        let again = builder.try_clone();
        let answer = found.clone().map_err(|error| error.words());
        let mut sent = resolver::with_answer(answer, builder.send()).await;
        if sent.is_err()
            && let Some(again) = again
            && let Some(accepting) = self.accepting(&found).await
        {
            sent = resolver::with_answer(Ok(vec![accepting]), again.send()).await;
        }
        let response = match (sent, found) {
            (Ok(response), _) => response,
            (Err(error), Err(why)) if error.is_dns() => return Err(TransportError::LookUp(why)),
            (Err(error), _) => return Err(TransportError::of(&error, self.client_auth())),
        };
        timeline::enter(Step::Body);
        let (status, headers) = (response.status(), response.headers().clone());
        let body = collect(response, self.client_auth(), self.body_bytes_max).await?;
        Ok(Reply { status, headers, body })
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

    /// Returns the address that accepts first, if the request found none of several that accepts in its share of the time.
    async fn accepting(&self, found: &Result<Vec<SocketAddr>, LookUpError>) -> Option<SocketAddr> {
        let several = found.as_ref().ok().filter(|addresses| addresses.len() > 1)?;
        if !timeline::is_connecting() {
            return None;
        }
        let connected = self.path.connect(several, self.connect_timeout).await.ok()?;
        Some(connected.to)
    }

    /// What became of client certificates in the handshakes so far.
    fn client_auth(&self) -> ClientAuth {
        self.certificate.as_ref().map_or(ClientAuth::NotAsked, |certificate| certificate.state())
    }

    /// Finds out what the HTTP library does not say: why a proxy opens no tunnel. So the proxy is asked once more, within the time
    /// that is left. What is known of an address that did not accept is forgotten, so the next request looks the name up again.
    async fn explained(&self, error: TransportError, unfinished: Step, left: Duration) -> TransportError {
        let is_slow = match &error {
            TransportError::NotConnected { .. } => false,
            TransportError::SlowConnect => true,
            _ => return error,
        };
        let cause = match (unfinished, &error) {
            (Step::Connect, _) => {
                self.path.forget_addresses();
                None
            }
            (Step::Tunnel, _) => self.path.why_no_tunnel(self.tls.as_ref(), left, self.connect_timeout).await,
            (_, TransportError::NotConnected { in_tunnel: Some(refusal), .. }) => {
                // The library drops what comes with the answer to `CONNECT`, such as a page.
                let asked = self.path.why_no_tunnel(self.tls.as_ref(), left, self.connect_timeout).await;
                asked.or_else(|| self.path.tunnel_cause(refusal).map(Cause::by_proxy))
            }
            _ => None,
        };
        cause.map_or(error, |cause| TransportError::Proxy { cause, is_slow })
    }
}

/// Reads a body up to `bytes_max`.
///
/// The buffer begins with the length that the reply states, within the bound. One that grows leaves no copy, because the program's
/// allocator zeroes the buffer that it leaves; it zeroes the unused part of a buffer too, which would make the whole bound resident.
async fn collect(
    mut response: Response,
    client: ClientAuth,
    bytes_max: usize,
) -> Result<Zeroizing<Vec<u8>>, TransportError> {
    let stated = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body = Zeroizing::new(Vec::with_capacity(stated.unwrap_or(BODY_BYTES_UNSTATED).min(bytes_max)));
    while let Some(chunk) = response.chunk().await.map_err(|error| TransportError::of(&error, client))? {
        if body.len() + chunk.len() > bytes_max {
            return Err(TransportError::TooLong { bytes_max });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The buffer for a reply that does not state its length: most replies of Descope's API fit.
const BODY_BYTES_UNSTATED: usize = 4096;
/// Time limit for the public keys, because a session waits for them.
const KEYS_TIMEOUT_MAX: Duration = Duration::from_secs(5);
/// Renewals are minutes apart, and a NAT may silently drop a connection that is idle so long. Credentials that start
/// together still share a connection.
const POOL_IDLE_MAX: Duration = Duration::from_secs(20);
