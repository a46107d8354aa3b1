//! The format that Descope's endpoints share: the reply with a session, and the error codes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{
    answer::RotatedSecret,
    broken_rule::BrokenRule,
    error_code,
    expectation::Expectation,
    session_cookie::{REFRESH_COOKIE, cookies, has_session},
};
use crate::{
    exchange::{
        BodyError, ExchangeNames, ProjectId, Refused, Reply, Timing, json_object, rate_limited, refused,
        without_session,
    },
    renewal::Grant,
    secret::Secret,
    session::{
        Claims, Ends, GrantNote, Granted, Jwt, NotAJwt, ReplyFields, Session, Signer, json_object::JsonObject, life,
    },
};

/// Reads a session, or the reason why there is none. Messages contain the status, a well-formed error code and fixed
/// text, never text of the server.
pub(super) fn session(
    reply: &Reply,
    timing: Timing,
    expectation: &Expectation,
    names: &ExchangeNames,
) -> Result<Granted, Refused> {
    let body = json_object(reply);
    if !reply.status.is_success() {
        let project = expectation.issuer.project();
        return Err(refusal(reply, body.ok().as_ref(), advice(names), names, project, timing.received));
    }
    let limit = body.as_ref().ok().and_then(rate_limit);
    let is_empty = reply.body.trim_ascii().is_empty();
    let unread = |why| if is_empty && has_session(reply) { NoSession::InCookie } else { NoSession::Body(why) };
    let granted = body.map_err(unread).and_then(|body| granted(&body, reply, timing.sent, expectation));
    granted.map_err(|reason| match (reason, limit) {
        (NoSession::NoJwt, Some(code)) => rate_limited(reply, &code, names, timing.received),
        (reason, _) => {
            let refused = without_session(reply, &reason.to_string(), names, timing.received);
            match reason.remedy() {
                Some(remedy) => refused.with_remedy(remedy),
                None => refused,
            }
        }
    })
}

/// Classifies a reply outside 2xx.
fn refusal(
    reply: &Reply,
    body: Option<&JsonObject<'_>>,
    advice: &str,
    names: &ExchangeNames,
    project: &ProjectId,
    received: SystemTime,
) -> Refused {
    match body.and_then(rate_limit) {
        Some(code) => rate_limited(reply, &code, names, received),
        None => refused(reply, own_error(body, advice).as_deref(), names, Some(project), received),
    }
}

/// Returns the text for the code of a rate limit, if the body has one.
fn rate_limit(body: &JsonObject<'_>) -> Option<String> {
    error_code::rate_limit(body).map(|code| described(&code, ""))
}

/// Returns the refresh token in a reply of success: in `refreshJwt`, or in the cookie of a project that sends it there. Zero,
/// null, an empty text and what is not a JWT count as absent. No other field of the body can spoil it.
pub(super) fn rotated(reply: &Reply) -> Option<RotatedSecret> {
    if !reply.status.is_success() {
        return None;
    }
    let token = rotated_in_body(reply).or_else(|| rotated_in_cookie(reply))?;
    Some(RotatedSecret(token))
}

fn rotated_in_body(reply: &Reply) -> Option<Secret> {
    secret_jwt(json_object(reply).ok()?.field("refreshJwt").text()?)
}

fn rotated_in_cookie(reply: &Reply) -> Option<Secret> {
    cookies(reply).filter(|(name, _)| *name == REFRESH_COOKIE).find_map(|(_, value)| secret_jwt(value))
}

fn secret_jwt(text: &str) -> Option<Secret> {
    Jwt::parse(text).ok().map(|_| Secret::new(text.to_owned()))
}

/// Describes Descope's own error in a reply, if it has one; the text may be empty.
pub(super) fn own_error_of(reply: &Reply) -> Option<String> {
    own_error(json_object(reply).ok().as_ref(), "")
}

/// Returns the refusal of a reply of any status that has the code of a rate limit.
pub(super) fn rate_limited_by(reply: &Reply, names: &ExchangeNames, received: SystemTime) -> Option<Refused> {
    let code = rate_limit(&json_object(reply).ok()?)?;
    Some(rate_limited(reply, &code, names, received))
}

/// Describes a denial: the status and Descope's error code. The meaning of a code is left out, because it names settings of
/// access keys.
pub(super) fn denial(reply: &Reply) -> String {
    let body = json_object(reply).ok();
    let code = body.as_ref().and_then(error_code::own).unwrap_or_default();
    let comma = if code.is_empty() { "" } else { ", " };
    format!("HTTP {}{comma}{code}", reply.status.as_u16())
}

/// Returns the refusal in a reply to a request for the public keys; `None` for a success.
pub fn keys_refusal(reply: &Reply, project: &ProjectId, received: SystemTime) -> Option<Refused> {
    let body = json_object(reply).ok();
    (!reply.status.is_success()).then(|| refusal(reply, body.as_ref(), "", &NAMES, project, received))
}

/// Why a reply of success holds no usable session.
#[derive(Debug, thiserror::Error)]
enum NoSession {
    #[error(transparent)]
    Body(BodyError),
    #[error("the body has no `sessionJwt`")]
    NoJwt,
    #[error("the session is only in a cookie, because the project manages session tokens in cookies")]
    InCookie,
    #[error("`sessionJwt` is not a JWT: {0}")]
    NotAJwt(#[from] NotAJwt),
    #[error(transparent)]
    Broken(#[from] BrokenRule),
    #[error("its lifetime is unknown: no `exp`, `sessionExpiration` or `expiration` in the future")]
    NoEnd,
}

impl NoSession {
    fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::InCookie => Some(IF_IN_COOKIE),
            Self::Body(error) => error.remedy(),
            Self::NoJwt | Self::NotAJwt(_) | Self::Broken(_) | Self::NoEnd => None,
        }
    }
}

fn granted(
    body: &JsonObject<'_>,
    reply: &Reply,
    sent: SystemTime,
    expectation: &Expectation,
) -> Result<Granted, NoSession> {
    let session_jwt = body.field("sessionJwt");
    let missing = || if has_session(reply) { NoSession::InCookie } else { NoSession::NoJwt };
    let text = session_jwt.text().ok_or_else(missing)?;
    let jwt = Jwt::parse(text)?;
    let date = reply.date().map(since_epoch);
    expectation.check(&jwt, date)?;
    let (session_expiration, expiration) = (body.field("sessionExpiration"), body.field("expiration"));
    let ends = Ends {
        jwt: &jwt,
        session_expiration: session_expiration.seconds(),
        expiration: expiration.seconds(),
        is_too_large: jwt.expiry_out_of_range || session_expiration.is_too_large() || expiration.is_too_large(),
    };
    let hint = body.field("nextRefreshSeconds");
    let (lifetime, mut notes) = life(&ends, date, since_epoch(sent)).ok_or(NoSession::NoEnd)?;
    if hint.is_out_of_bounds() {
        notes.push(GrantNote::HintOutOfBounds);
    }
    let claims = Claims::of(&jwt, body.field("keyId").text());
    let grant = Grant { lifetime, refresh_after: hint.seconds() };
    let fields = ReplyFields::read(&reply.body, &expectation.fields);
    let session = Session { jwt: Secret::new(text.to_owned()), grant, claims, fields };
    Ok(Granted { session, signer: Signer::Project, notes })
}

/// Describes Descope's own error, if the body contains one: the code, and its meaning if known (go-sdk `errors.go`,
/// swift-sdk `types/Error.swift`). Returns an empty text for a code in another form, which is not repeated. `advice` follows the
/// meaning of codes for settings that Descope does not accept.
fn own_error(body: Option<&JsonObject<'_>>, advice: &str) -> Option<String> {
    error_code::own(body?).map(|code| described(&code, advice))
}

fn described(code: &str, advice: &str) -> String {
    if code.is_empty() {
        return String::new();
    }
    let meaning = match code {
        "E062802" => " (missing access key)".into(),
        "E062803" => " (invalid access key)".into(),
        "E011001" => " (malformed request)".into(),
        "E011002" => " (missing arguments)".into(),
        "E011003" => format!(" (validation failed{advice})"),
        "E011004" => format!(" (invalid arguments{advice})"),
        "E130429" => " (rate limit)".into(),
        "E170429" => " (rate limit of this endpoint)".into(),
        code if code.ends_with("0429") => " (a rate limit)".into(),
        _ => String::new(),
    };
    format!(", {code}{meaning}")
}

/// Returns which settings of a request to check. Only those of an access key are known to matter.
fn advice(names: &ExchangeNames) -> &'static str {
    if *names == NAMES { "; check `projectId`, `customClaims` and `selectedTenant`" } else { "" }
}

/// Terraform calls the setting `session_token_response_method`.
const IF_IN_COOKIE: &str = "in Descope's console, at Project Settings, Session Management, select \"Manage in response body\" \
                            for the session token (its token response method)";

/// The names in messages about a request to Descope with an access key.
pub(super) const NAMES: ExchangeNames =
    ExchangeNames { server: "Descope", api: "Descope's API", secret: "access key", setting: "baseUrl" };

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}
