//! The format that Descope's endpoints share: the reply with a session, and the error codes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use super::{
    answer::RotatedSecret,
    broken_rule::BrokenRule,
    expectation::Expectation,
    reply_body::{self, BodyError},
};
use crate::{
    exchange::{ExchangeNames, ProjectId, Refused, Reply, Timing, refused, without_session},
    renewal::Grant,
    secret::Secret,
    session::{Claims, Ends, GrantNote, Granted, Jwt, NotAJwt, ReplyFields, Session, Signer, lenient::Lenient, life},
};

/// Reads a session, or the reason why there is none. Messages contain the status, a well-formed error code and fixed
/// text, never text of the server.
pub(super) fn session(
    reply: &Reply,
    timing: Timing,
    expectation: &Expectation,
    names: &ExchangeNames,
) -> Result<Granted, Refused> {
    let body = reply_body::parse::<Body<'_>>(&reply.body);
    if !reply.status.is_success() {
        let error = own_error(body.ok().as_ref(), advice(names));
        let project = expectation.issuer.project();
        return Err(refused(reply, error.as_deref(), names, Some(project), timing.received));
    }
    let granted = body.map_err(NoSession::from).and_then(|body| granted(&body, reply, timing.sent, expectation));
    granted.map_err(|reason| without_session(reply, &reason.to_string(), names, timing.received))
}

/// Returns the refresh token in a reply of success: in `refreshJwt`, or in the cookie of a project that sends it there. Zero,
/// null, an empty text and what is not a JWT count as absent. No other field of the body can spoil it.
pub(super) fn rotated(reply: &Reply) -> Option<RotatedSecret> {
    if !reply.status.is_success() {
        return None;
    }
    let token = rotated_in_body(&reply.body).or_else(|| rotated_in_cookie(reply))?;
    Some(RotatedSecret(token))
}

fn rotated_in_body(body: &[u8]) -> Option<Secret> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        #[serde(borrow, default)]
        refresh_jwt: Lenient<'a>,
    }

    let is_object = body.trim_ascii_start().starts_with(b"{");
    let body: Body = serde_json::from_slice(body).ok().filter(|_| is_object)?;
    secret_jwt(body.refresh_jwt.text()?)
}

fn rotated_in_cookie(reply: &Reply) -> Option<Secret> {
    let cookies = reply.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
    pairs.filter(|(name, _)| name.trim() == REFRESH_COOKIE).find_map(|(_, value)| secret_jwt(value.trim()))
}

fn secret_jwt(text: &str) -> Option<Secret> {
    Jwt::parse(text).ok().map(|_| Secret::new(text.to_owned()))
}

/// The cookie of the refresh token in Descope's SDKs.
const REFRESH_COOKIE: &str = "DSR";

/// Describes Descope's own error in a reply, if it has one; the text may be empty.
pub(super) fn own_error_of(reply: &Reply) -> Option<String> {
    own_error(reply_body::parse::<Body<'_>>(&reply.body).ok().as_ref(), "")
}

/// Describes a denial: the status and Descope's error code. The meaning of a code is left out, because it names settings of
/// access keys.
pub(super) fn denial(reply: &Reply) -> String {
    let body = reply_body::parse::<Body<'_>>(&reply.body).ok();
    let code = body.as_ref().and_then(own_code).unwrap_or_default();
    let comma = if code.is_empty() { "" } else { ", " };
    format!("HTTP {}{comma}{code}", reply.status.as_u16())
}

/// Returns the refusal in a reply to a request for the public keys; `None` for a success.
pub fn keys_refusal(reply: &Reply, project: &ProjectId, received: SystemTime) -> Option<Refused> {
    let error = || own_error(reply_body::parse::<Body<'_>>(&reply.body).ok().as_ref(), "");
    (!reply.status.is_success()).then(|| refused(reply, error().as_deref(), &NAMES, Some(project), received))
}

/// The fields that are read from sessions and from errors. All are optional, and an invalid field does not affect the
/// others.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Body<'a> {
    #[serde(borrow)]
    session_jwt: Lenient<'a>,
    #[serde(borrow)]
    refresh_jwt: Lenient<'a>,
    #[serde(borrow)]
    key_id: Lenient<'a>,
    #[serde(borrow)]
    session_expiration: Lenient<'a>,
    #[serde(borrow)]
    expiration: Lenient<'a>,
    #[serde(borrow)]
    next_refresh_seconds: Lenient<'a>,
    #[serde(borrow)]
    error_code: Lenient<'a>,
}

/// Why a reply of success holds no usable session.
#[derive(Debug, thiserror::Error)]
enum NoSession {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("the body has no `sessionJwt`")]
    NoJwt,
    #[error("`sessionJwt` is not a JWT: {0}")]
    NotAJwt(#[from] NotAJwt),
    #[error(transparent)]
    Broken(#[from] BrokenRule),
    #[error("its lifetime is unknown: no `exp`, `sessionExpiration` or `expiration` in the future")]
    NoEnd,
}

fn granted(body: &Body<'_>, reply: &Reply, sent: SystemTime, expectation: &Expectation) -> Result<Granted, NoSession> {
    let text = body.session_jwt.text().ok_or(NoSession::NoJwt)?;
    let jwt = Jwt::parse(text)?;
    let date = reply.date().map(since_epoch);
    expectation.check(&jwt, date)?;
    let ends = Ends {
        jwt: &jwt,
        session_expiration: body.session_expiration.seconds(),
        expiration: body.expiration.seconds(),
        is_too_large: jwt.expiry_out_of_range
            || body.session_expiration.is_too_large()
            || body.expiration.is_too_large(),
    };
    let (lifetime, mut notes) = life(&ends, date, since_epoch(sent)).ok_or(NoSession::NoEnd)?;
    if body.next_refresh_seconds.is_out_of_bounds() {
        notes.push(GrantNote::HintOutOfBounds);
    }
    let claims = Claims::of(&jwt, body.key_id.text());
    let grant = Grant { lifetime, refresh_after: body.next_refresh_seconds.seconds() };
    let fields = ReplyFields::read(&reply.body, &expectation.fields);
    let session = Session { jwt: Secret::new(text.to_owned()), grant, claims, fields };
    Ok(Granted { session, signer: Signer::Project, notes })
}

/// Describes Descope's own error, if the body contains one: the code, and its meaning if known (go-sdk `errors.go`,
/// swift-sdk `types/Error.swift`). Returns an empty text for a code in another form, which is not repeated. `advice` follows the
/// meaning of codes for settings that Descope does not accept.
fn own_error(body: Option<&Body<'_>>, advice: &str) -> Option<String> {
    let code = own_code(body?)?;
    if code.is_empty() {
        return Some(String::new());
    }
    let meaning = match code {
        "E062802" => " (missing access key)".into(),
        "E062803" => " (invalid access key)".into(),
        "E011001" => " (malformed request)".into(),
        "E011002" => " (missing arguments)".into(),
        "E011003" => format!(" (validation failed{advice})"),
        "E011004" => format!(" (invalid arguments{advice})"),
        "E130429" => " (rate limit)".into(),
        _ => String::new(),
    };
    Some(format!(", {code}{meaning}"))
}

/// Returns which settings of a request to check. Only those of an access key are known to matter.
fn advice(names: &ExchangeNames) -> &'static str {
    if *names == NAMES { "; check `projectId`, `customClaims` and `selectedTenant`" } else { "" }
}

/// Returns the code of Descope's own error, if the body contains one. A code in another form is replaced by an empty text.
fn own_code<'a>(body: &'a Body<'_>) -> Option<&'a str> {
    let code = body.error_code.text()?;
    Some(if is_error_code(code) { code } else { "" })
}

/// Whether a text has the form of Descope's error codes, such as `E062803`.
pub(super) fn is_error_code(code: &str) -> bool {
    code.len() == 7
        && code.starts_with(|c: char| c.is_ascii_uppercase())
        && code.bytes().skip(1).all(|byte| byte.is_ascii_digit())
}

/// The names in messages about a request to Descope with an access key.
pub(super) const NAMES: ExchangeNames =
    ExchangeNames { server: "Descope", api: "Descope's API", secret: "access key", setting: "baseUrl" };

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}
