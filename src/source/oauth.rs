//! OAuth 2.0: a client secret (RFC 6749 section 4.4) or an assertion (RFC 7523 section 2.1) in a file, and
//! `POST {baseUrl}/oauth2/v1/token` or the token endpoint of another server.

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};

use super::{
    answer::Answer,
    assertion::Assertion,
    expectation::Expectation,
    explanation::explained,
    identity::Identity,
    secret_file,
    secret_kind::{SecretFile, SecretKind},
    suspect_text::judge,
    suspicion::Suspicion,
    token_reply,
    unusable::ReadError,
    word::line_in,
};
use crate::{
    clock,
    exchange::{Api, ExchangeNames, Origin, Reply, Request, Timing, TokenUrl},
    secret::Secret,
};

/// An OAuth client.
#[derive(Clone, PartialEq, Debug)]
pub struct OAuth {
    /// How it obtains tokens.
    pub grant: OAuthGrant,
    /// The token endpoint (`tokenUrl`); without one it is Descope's.
    pub token_url: Option<TokenUrl>,
    /// `client_id`; without one it is the project id where the grant needs it.
    pub client_id: Option<String>,
    /// The requested scopes, which are sent with spaces between them.
    pub scope: Vec<String>,
    /// The requested audience.
    pub audience: Option<String>,
    /// The lifetime of tokens whose reply has none (`lifetime`).
    pub lifetime: Option<Duration>,
}

/// The grant of an OAuth client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OAuthGrant {
    /// `client_credentials`.
    ClientCredentials {
        /// The file that contains only the client secret; absolute.
        secret_file: PathBuf,
        /// How the secret is sent.
        auth: ClientAuth,
    },
    /// `urn:ietf:params:oauth:grant-type:jwt-bearer`.
    JwtBearer {
        /// The file that contains only the assertion; absolute.
        assertion_file: PathBuf,
    },
}

/// How a client secret is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClientAuth {
    /// `Authorization: Basic`.
    #[default]
    Basic,
    /// `client_id` and `client_secret` in the form.
    Post,
}

/// What was read from the file of an OAuth client.
#[derive(Debug)]
pub struct OAuthMaterial {
    client: OAuth,
    secret: OAuthSecret,
}

#[derive(Debug)]
enum OAuthSecret {
    ClientSecret { secret: Secret, auth: ClientAuth },
    Assertion(Assertion),
}

impl OAuth {
    /// Returns a client of this grant, with the defaults of the configuration.
    pub fn new(grant: OAuthGrant) -> Self {
        Self { grant, token_url: None, client_id: None, scope: Vec::new(), audience: None, lifetime: None }
    }

    pub(super) fn files(&self) -> Vec<SecretFile<'_>> {
        let (kind, path) = match &self.grant {
            OAuthGrant::ClientCredentials { secret_file, .. } => (SecretKind::ClientSecret, secret_file),
            OAuthGrant::JwtBearer { assertion_file } => (SecretKind::Assertion, assertion_file),
        };
        vec![SecretFile { kind, path }]
    }

    pub(super) fn read(&self) -> Result<OAuthMaterial, ReadError> {
        let secret = match &self.grant {
            OAuthGrant::ClientCredentials { secret_file, auth } => {
                let explain = |bytes: &[u8], why| explained(SecretKind::ClientSecret, bytes, why);
                let secret = secret_file::read(secret_file, SECRET_FILE_BYTES_MAX)
                    .and_then(|bytes| line_in(&bytes).map_err(|why| explain(&bytes, why)));
                let secret = secret.map_err(|why| ReadError {
                    kind: SecretKind::ClientSecret,
                    path: secret_file.clone(),
                    why,
                })?;
                OAuthSecret::ClientSecret { secret, auth: *auth }
            }
            OAuthGrant::JwtBearer { assertion_file } => {
                OAuthSecret::Assertion(Assertion::read(assertion_file, clock::wall())?)
            }
        };
        Ok(OAuthMaterial { client: self.clone(), secret })
    }

    pub(super) fn origin(&self, api: &Api) -> Origin {
        self.token_url.as_ref().map_or_else(|| api.base_url.origin(), TokenUrl::origin)
    }

    pub(super) fn noun(&self) -> &'static str {
        match &self.grant {
            OAuthGrant::ClientCredentials { .. } => SecretKind::ClientSecret.noun(),
            OAuthGrant::JwtBearer { .. } => SecretKind::Assertion.noun(),
        }
    }

    pub(super) fn request_terms(&self) -> Vec<Value> {
        let grant = match &self.grant {
            OAuthGrant::ClientCredentials { .. } => CLIENT_CREDENTIALS,
            OAuthGrant::JwtBearer { .. } => JWT_BEARER,
        };
        let token_url = self.token_url.as_ref().map(|url| (url.origin().to_string(), url.path()));
        let lifetime = self.lifetime.map(|lifetime| lifetime.as_secs());
        vec![json!(["oauth", grant, token_url, self.client_id, self.scope, self.audience, lifetime])]
    }

    pub(super) fn terms(&self) -> Vec<(&'static str, String)> {
        let token_url = self.token_url.as_ref().map(|url| ("token URL", url.to_string()));
        let client_id = self.client_id.clone().map(|client_id| ("client id", client_id));
        let post = matches!(self.grant, OAuthGrant::ClientCredentials { auth: ClientAuth::Post, .. });
        let client_auth = post.then(|| ("client auth", "in the form".to_owned()));
        let scope = (!self.scope.is_empty()).then(|| ("scope", self.scope.join(" ")));
        let audience = self.audience.clone().map(|audience| ("audience", audience));
        let lifetime = self.lifetime.map(|lifetime| ("lifetime", humantime::format_duration(lifetime).to_string()));
        [token_url, client_id, client_auth, scope, audience, lifetime].into_iter().flatten().collect()
    }

    pub(super) fn missing_remedy(&self) -> String {
        match &self.grant {
            OAuthGrant::ClientCredentials { secret_file, .. } => {
                format!("put the client secret into `{}`; it is used as soon as it is there", secret_file.display())
            }
            OAuthGrant::JwtBearer { assertion_file } => format!(
                "let the kubelet or another issuer put a new assertion into `{}`; it is used as soon as it is there",
                assertion_file.display()
            ),
        }
    }

    pub(super) fn denied_remedy(&self) -> String {
        match &self.grant {
            OAuthGrant::ClientCredentials { secret_file, .. } => format!(
                "put the present client secret into `{}`; check `clientId`, `clientAuth`, `scope` and \
                 `audience`",
                secret_file.display()
            ),
            OAuthGrant::JwtBearer { assertion_file } => format!(
                "let the server trust the issuer, the subject and the audience of the assertion in `{}`; check `scope` \
                 and `audience`",
                assertion_file.display()
            ),
        }
    }

    fn names(&self) -> ExchangeNames {
        let secret = self.noun();
        if self.token_url.is_some() {
            ExchangeNames { server: "the OAuth server", api: "the token endpoint", secret, setting: "tokenUrl" }
        } else {
            ExchangeNames { server: "Descope", api: "Descope's API", secret, setting: "baseUrl" }
        }
    }
}

impl OAuthMaterial {
    /// Returns the fingerprint of the client secret, or whose assertion it is.
    pub(super) fn identity(&self) -> Identity {
        match &self.secret {
            OAuthSecret::ClientSecret { secret, .. } => Identity::of(secret),
            OAuthSecret::Assertion(assertion) => assertion.identity(),
        }
    }

    /// Returns the request. An assertion is sent with a `client_id` only if one is configured: the assertion authorizes the
    /// request, and `client_id` is needed only by servers that require a registered client (RFC 7523 section 2.1).
    pub(super) fn request(&self, api: &Api) -> Request {
        let OAuth { token_url, client_id, scope, audience, .. } = &self.client;
        let path = token_url.as_ref().map_or_else(|| api.base_url.path(DESCOPES_ENDPOINT), TokenUrl::path);
        let scope = scope.join(" ");
        let scope = Some(("scope", scope.as_str())).filter(|(_, scope)| !scope.is_empty());
        let options: Vec<_> = scope.into_iter().chain(audience.as_deref().map(|text| ("audience", text))).collect();
        match &self.secret {
            OAuthSecret::ClientSecret { secret, auth } => {
                let client_id = client_id.as_deref().unwrap_or_else(|| api.project.as_str());
                let mut form = vec![("grant_type", CLIENT_CREDENTIALS)];
                form.extend(options);
                match auth {
                    ClientAuth::Basic => Request::post_form(path, &form).basic(client_id, secret.expose()),
                    ClientAuth::Post => {
                        form.extend([("client_id", client_id), ("client_secret", secret.expose())]);
                        Request::post_form(path, &form)
                    }
                }
            }
            OAuthSecret::Assertion(assertion) => {
                let mut form = vec![("grant_type", JWT_BEARER), ("assertion", assertion.token().expose())];
                form.extend(options);
                form.extend(client_id.as_deref().map(|client_id| ("client_id", client_id)));
                Request::post_form(path, &form)
            }
        }
    }

    /// Interprets the reply of the token endpoint. A refresh token in it is ignored: the secret obtains the next token.
    pub(super) fn answer(&self, reply: &Reply, timing: Timing, expectation: &Expectation) -> Answer {
        Answer::new(token_reply::session(reply, timing, expectation, &self.client.names(), self.client.lifetime))
    }

    /// Returns what the client secret probably is instead.
    pub(super) fn suspicion(&self) -> Option<(SecretKind, Suspicion)> {
        match &self.secret {
            OAuthSecret::ClientSecret { secret, .. } => {
                let suspicion = judge(SecretKind::ClientSecret, secret.expose().as_bytes())?;
                Some((SecretKind::ClientSecret, suspicion))
            }
            OAuthSecret::Assertion(_) => None,
        }
    }

    pub(super) fn into_secret(self) -> Secret {
        match self.secret {
            OAuthSecret::ClientSecret { secret, .. } => secret,
            OAuthSecret::Assertion(assertion) => assertion.into_token(),
        }
    }
}

const DESCOPES_ENDPOINT: &str = "/oauth2/v1/token";
const CLIENT_CREDENTIALS: &str = "client_credentials";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The size limit of a client secret file in bytes, with white space.
const SECRET_FILE_BYTES_MAX: usize = 8 * 1024;
