//! The one HTTP client: requests out, whole replies in.

use std::{path::PathBuf, time::Duration};

use http::{HeaderValue, header};
use reqwest::{Response, redirect, retry, tls};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{
    BaseUrl, HttpSettings, LoginOptions, ProjectId, Proxies, Refused, Reply,
    proxy::{self, ProxyError},
    roots::{self, CaFileError},
    transport::TransportError,
};
use crate::{renewal::Refusal, secret::Secret, session::Jwks};

/// Makes requests to one API. Cheap to clone; clones share their connections.
///
/// Roots and proxies are read once, when it is built: after a change of either a new client has to be built.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: BaseUrl,
    timeout: Duration,
    connect_timeout: Duration,
}

/// Why no client can be built. All of it is for the user to mend.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file of `http.caFile` is unusable.
    #[error("cannot use `http.caFile` `{}`: {error}; name a file of PEM certificates that tokenwell may read, or take `caFile` away", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: CaFileError,
    },
    /// A proxy variable of the environment is unusable.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The system has no certificate authorities, as in an image built from scratch.
    #[error("the system trusts no certificate authority: install `ca-certificates`, or set `http.caFile`")]
    NoRoots,
    /// Anything else that the TLS library says.
    #[error("cannot set up TLS")]
    Tls(#[source] reqwest::Error),
}

impl Client {
    /// Sets up TLS, reads `http.caFile` and the system's roots, and takes the proxy that applies. It makes no request.
    ///
    /// Plain http goes without roots and without any proxy, which would see the access key.
    pub fn build(base: &BaseUrl, settings: &HttpSettings, proxies: &Proxies) -> Result<Self, ClientError> {
        // An error means that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .tls_version_min(tls::Version::TLS_1_2)
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(POOL_IDLE_MAX)
            .https_only(!base.is_plain_http())
            .no_proxy();
        let builder = if base.is_plain_http() {
            builder.tls_certs_only([])
        } else {
            let certificates = match &settings.ca_file {
                Some(path) => roots::read(path).map_err(|error| ClientError::CaFile { path: path.clone(), error })?,
                None => Vec::new(),
            };
            let builder = builder.tls_certs_merge(certificates);
            match proxy::of(proxies)? {
                Some(proxy) => builder.proxy(proxy),
                None => builder,
            }
        };
        let http = builder.build().map_err(|error| {
            if roots::are_missing(&error) { ClientError::NoRoots } else { ClientError::Tls(error.without_url()) }
        })?;
        let HttpSettings { timeout, connect_timeout, ca_file: _ } = *settings;
        Ok(Self { http, base: base.clone(), timeout, connect_timeout })
    }

    /// Where it makes its requests.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// `POST /v1/auth/accesskey/exchange`. Answers any whole reply; [`Reply::read`] says what it means.
    pub async fn exchange(&self, project: &ProjectId, options: &LoginOptions, key: &Secret) -> Result<Reply, Refused> {
        let request = self
            .http
            .post(self.base.join("/v1/auth/accesskey/exchange"))
            .header(header::AUTHORIZATION, bearer(project, key)?)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body(options).to_string());
        self.reply(request, self.timeout).await
    }

    /// `GET /v2/keys/{project}`: the public keys of the project, at least one.
    pub async fn keys(&self, project: &ProjectId) -> Result<Jwks, Refused> {
        let reply = self.keys_reply(project).await?;
        let status = reply.status.as_u16();
        if status != 200 {
            let message = format!("the public keys of project `{project}` cannot be had: HTTP {status}");
            return Err(Refused { refusal: Refusal::Failed, message });
        }
        let keys = Jwks::parse(&reply.body).ok().filter(|keys| !keys.is_empty());
        keys.ok_or_else(|| Refused {
            refusal: Refusal::Garbled,
            message: format!("the public keys of project `{project}` cannot be had: the reply holds no usable key"),
        })
    }

    /// The same request, and whatever whole reply there is to it: it carries no key, so it shows who answers at all.
    pub async fn keys_reply(&self, project: &ProjectId) -> Result<Reply, Refused> {
        let request = self.http.get(self.base.join(&format!("/v2/keys/{project}")));
        self.reply(request, self.timeout.min(KEYS_TIMEOUT_MAX)).await
    }

    /// Sends a request and collects the whole reply, all of it within the time-out.
    async fn reply(&self, request: reqwest::RequestBuilder, timeout: Duration) -> Result<Reply, Refused> {
        let whole = async {
            let response = request.send().await.map_err(|error| TransportError::of(&error))?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok(Reply { status, headers, body: collect(response).await? })
        };
        let trouble = match tokio::time::timeout(timeout, whole).await {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(trouble)) => trouble,
            Err(_elapsed) => TransportError::Slow,
        };
        Err(trouble.refused(&self.base, timeout, self.connect_timeout))
    }
}

/// `Bearer <project>:<key>`. A key that does not fit into a header is refused as Descope would refuse it, without asking.
fn bearer(project: &ProjectId, key: &Secret) -> Result<HeaderValue, Refused> {
    let parts = ["Bearer ", project.as_str(), ":", key.expose()];
    let mut text = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
    for part in parts {
        text.push_str(part);
    }
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| Refused {
        refusal: Refusal::Denied,
        message: "the access key holds characters that cannot be sent; it is letters and digits only".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// `{}`, or `{"loginOptions":{…}}` with what is set.
fn body(options: &LoginOptions) -> Value {
    let mut set = Map::new();
    if !options.custom_claims.is_empty() {
        set.insert("customClaims".to_owned(), options.custom_claims.clone().into());
    }
    if let Some(tenant) = &options.selected_tenant {
        set.insert("selectedTenant".to_owned(), tenant.clone().into());
    }
    let mut body = Map::new();
    if !set.is_empty() {
        body.insert("loginOptions".to_owned(), set.into());
    }
    body.into()
}

/// Reads a body up to [`BODY_BYTES_MAX`], into one buffer that never moves and leaves no copy behind.
async fn collect(mut response: Response) -> Result<Zeroizing<Vec<u8>>, TransportError> {
    let mut body = Zeroizing::new(Vec::with_capacity(BODY_BYTES_MAX));
    while let Some(chunk) = response.chunk().await.map_err(|error| TransportError::of(&error))? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(TransportError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The longest body that is read.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long the keys may take at most: a session waits for them.
const KEYS_TIMEOUT_MAX: Duration = Duration::from_secs(5);
/// Renewals are minutes apart, and a connection that idles so long may have died in a NAT unnoticed. Many credentials that
/// start together still share one.
const POOL_IDLE_MAX: Duration = Duration::from_secs(20);
/// An edge in front of the API answers the defaults of libraries with a 403 that looks like a bad key.
const USER_AGENT: &str = concat!("tokenwell/", env!("CARGO_PKG_VERSION"));
