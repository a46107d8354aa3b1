//! `POST /oauth2/v1/token`: client credentials (RFC 6749, section 4.4) and JWT bearer (RFC 7523).

use std::io;

use http::{HeaderMap, header};
use serde_json::{Value, json};

use super::client::Client;
use super::error::OAuthError;
use super::form::Form;
use crate::sandbox::answer::Shape;
use crate::sandbox::context::{Context, Decision};
use crate::sandbox::details::{
    ClientAuthentication, Details, GrantType, PROJECT_CHARS_MAX, Parsed, Presented, TEXT_CHARS_MAX, shortened,
};
use crate::sandbox::mint::{self, object};
use crate::sandbox::reply::Reply;
use crate::sandbox::settings::EXAMPLE_PROJECT;
use crate::sandbox::signing::decoded;
use crate::secret::Secret;

/// A well-formed request.
pub(in crate::sandbox) struct TokenRequest {
    grant: Grant,
    client: Option<Client>,
    scope: Option<String>,
    audience: Option<String>,
}

enum Grant {
    ClientCredentials,
    JwtBearer { assertion: Secret },
}

/// A client or an assertion that was accepted.
struct Principal {
    project: String,
    subject: String,
}

impl TokenRequest {
    pub(in crate::sandbox) fn parse(
        headers: &HeaderMap,
        query: Option<&str>,
        body: Result<&[u8], &Reply>,
    ) -> Parsed<Self> {
        let form = body.map_err(Clone::clone).and_then(|body| form(headers, body).map_err(|error| error.reply()));
        let read = |name| form.as_ref().ok().and_then(|form| form.get(name));
        let client = form.as_ref().ok().map_or(Ok(None), |form| Client::of(headers, form));
        let found = client.as_ref().ok().and_then(Option::as_ref);
        let assertion = read("assertion").map(|assertion| Secret::new(assertion.to_owned()));
        let secret = assertion.as_ref().or_else(|| found.and_then(|client| client.secret.as_ref()));
        let short = |text: &str| shortened(text, TEXT_CHARS_MAX);
        let grant = read("grant_type").map(grant_type);
        let presented = Presented {
            project: found.map(|client| shortened(&client.id, PROJECT_CHARS_MAX)),
            key: secret.map(Secret::fingerprint),
            details: Details::OAuth {
                grant,
                client: found.map(|client| client.authentication),
                scope: read("scope").map(short),
                audience: read("audience").map(short),
            },
        };
        let request =
            form.and_then(|form| Self::of(&form, query, client, grant, assertion).map_err(|error| error.reply()));
        Parsed { presented, request }
    }

    fn of(
        form: &Form,
        query: Option<&str>,
        client: Result<Option<Client>, OAuthError>,
        grant: Option<GrantType>,
        assertion: Option<Secret>,
    ) -> Result<Self, OAuthError> {
        let query =
            Form::parse(query.unwrap_or_default()).ok_or(OAuthError::InvalidRequest("the query is malformed"))?;
        if CREDENTIALS.iter().any(|name| query.get(name).is_some()) {
            return Err(OAuthError::InvalidRequest("credentials must not be in the URL"));
        }
        let client = client?;
        let grant = match grant {
            None => return Err(OAuthError::InvalidRequest("`grant_type` is missing")),
            Some(GrantType::Other) => return Err(OAuthError::UnsupportedGrantType),
            Some(GrantType::ClientCredentials) => Grant::ClientCredentials,
            Some(GrantType::JwtBearer) => {
                let assertion = assertion.ok_or(OAuthError::InvalidRequest("`assertion` is missing"))?;
                Grant::JwtBearer { assertion }
            }
        };
        let scope = form.get("scope").map(str::to_owned);
        if scope.as_deref().is_some_and(|scope| !is_scope(scope)) {
            return Err(OAuthError::InvalidScope);
        }
        Ok(Self { grant, client, scope, audience: form.get("audience").map(str::to_owned) })
    }

    /// Decides by the settings; a forced shape gives any client a token.
    pub(in crate::sandbox) fn decide(&self, forced: Option<&Shape>, context: &Context<'_>) -> io::Result<Decision> {
        let principal = match self.principal(forced.is_some(), context) {
            Ok(principal) => principal,
            Err(error) => return Ok(Decision::Replied(error.reply())),
        };
        self.token(&principal, forced.unwrap_or(&Shape::default()), context).map(Decision::Session)
    }

    /// Returns the reply that refuses the client, whatever its secret.
    pub(in crate::sandbox) fn denied(&self) -> Reply {
        match &self.grant {
            Grant::ClientCredentials => self.invalid_client().reply(),
            Grant::JwtBearer { .. } => OAuthError::InvalidGrant("the issuer is not trusted").reply(),
        }
    }

    fn principal(&self, forced: bool, context: &Context<'_>) -> Result<Principal, OAuthError> {
        let settings = context.settings();
        let secret = self.client.as_ref().and_then(|client| Some((client, client.secret.as_ref()?.fingerprint())));
        if let Some((client, key)) = secret
            && !forced
            && !settings.accepts(&client.id, key)
        {
            return Err(self.invalid_client());
        }
        let project = self.client.as_ref().map(|client| client.id.clone());
        match (&self.grant, secret) {
            (Grant::ClientCredentials, None) => Err(self.invalid_client()),
            (Grant::ClientCredentials, Some((client, key))) => {
                Ok(Principal { project: client.id.clone(), subject: mint::key_id(key) })
            }
            (Grant::JwtBearer { assertion }, _) => {
                let project = project.or_else(|| settings.project.clone());
                let project = project.unwrap_or_else(|| EXAMPLE_PROJECT.to_owned());
                if settings.project.as_ref().is_some_and(|only| *only != project) {
                    return Err(self.invalid_client());
                }
                if !forced && settings.revoked.contains(&assertion.fingerprint()) {
                    return Err(OAuthError::InvalidGrant("the assertion is revoked"));
                }
                let subject = subject(assertion, context.unix_seconds());
                match subject {
                    Ok(subject) => Ok(Principal { project, subject }),
                    Err(_) if forced => Ok(Principal { project, subject: mint::key_id(assertion.fingerprint()) }),
                    Err(error) => Err(error),
                }
            }
        }
    }

    fn token(&self, principal: &Principal, shape: &Shape, context: &Context<'_>) -> io::Result<Reply> {
        let Principal { project, subject } = principal;
        let mut claims =
            object([("azp", json!(project)), ("drn", json!("DS")), ("iss", json!(project)), ("sub", json!(subject))]);
        claims.extend(self.audience.as_ref().map(|audience| ("aud".to_owned(), json!(audience))));
        claims.extend(self.scope.as_ref().map(|scope| ("scope".to_owned(), json!(scope))));
        let session = mint::session(claims, shape, context)?;
        let life = session.expires.saturating_sub(context.unix_seconds());
        let token = if context.settings().opaque_tokens { mint::unique()? } else { session.jwt };
        let mut body =
            object([("access_token", json!(token)), ("token_type", json!("Bearer")), ("expires_in", json!(life))]);
        body.extend(self.scope.as_ref().map(|scope| ("scope".to_owned(), json!(scope))));
        Ok(mint::reply(body, shape).header("cache-control", "no-store").header("pragma", "no-cache"))
    }

    fn invalid_client(&self) -> OAuthError {
        let authentication = self.client.as_ref().map(|client| client.authentication);
        OAuthError::InvalidClient(authentication.unwrap_or(ClientAuthentication::Post))
    }
}

fn form(headers: &HeaderMap, body: &[u8]) -> Result<Form, OAuthError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(OAuthError::InvalidRequest("the body must be `application/x-www-form-urlencoded`"));
    }
    let form = str::from_utf8(body).ok().and_then(Form::parse);
    form.ok_or(OAuthError::InvalidRequest("the form is malformed, or repeats a parameter"))
}

fn grant_type(name: &str) -> GrantType {
    match name {
        "client_credentials" => GrantType::ClientCredentials,
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => GrantType::JwtBearer,
        _ => GrantType::Other,
    }
}

/// Whether this is a list of scope tokens: RFC 6749, section 3.3.
fn is_scope(text: &str) -> bool {
    let is_token = |token: &str| {
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
    };
    text.split(' ').all(is_token)
}

/// Returns the `sub` of an assertion that RFC 7523, section 3, allows. Its signature is not verified: every issuer is
/// trusted, as every access key is valid by default.
fn subject(assertion: &Secret, now: u64) -> Result<String, OAuthError> {
    let mut parts = assertion.expose().split('.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(OAuthError::InvalidGrant("the assertion is not a JWT"));
    };
    let (Some(header), Some(claims)) = (decoded(header), decoded(claims)) else {
        return Err(OAuthError::InvalidGrant("the assertion is not a JWT"));
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let is_signed = !signature.is_empty() && header.get("alg").is_some_and(|alg| alg != "none");
    let (true, Some(_), Some(subject), Some(_)) = (is_signed, text("iss"), text("sub"), claims.get("aud")) else {
        return Err(OAuthError::InvalidGrant("the assertion lacks a signature, `iss`, `sub` or `aud`"));
    };
    if claims.get("exp").and_then(Value::as_u64).is_none_or(|expires| expires <= now) {
        return Err(OAuthError::InvalidGrant("the assertion has expired"));
    }
    Ok(subject.to_owned())
}

/// Parameters that a URL must not contain: RFC 6749, section 2.3.1.
const CREDENTIALS: [&str; 4] = ["client_id", "client_secret", "assertion", "client_assertion"];
