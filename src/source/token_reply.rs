//! The reply of an OAuth token endpoint (RFC 6749 sections 5.1 and 5.2): a token, or the reason why there is none.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{
    broken_rule::BrokenRule,
    error_code,
    expectation::Expectation,
    session_cookie::has_session,
    token_error::{ErrorClass, OwnError},
};
use crate::{
    exchange::{BodyError, ExchangeNames, Refused, Reply, Timing, json_object, rate_limited, refused, without_session},
    renewal::{Grant, Refusal, policy::LIFETIME_MAX},
    secret::Secret,
    session::{
        Claims, Ends, GrantNote, Granted, Jwt, ReplyFields, Session, Signer, json_object::JsonObject,
        lenient::SECONDS_MAX, life,
    },
};

/// Reads a token. `lifetime` is that of a token whose reply has none. Messages contain the status, a known error code and
/// fixed text, never text of the server.
pub(super) fn session(
    reply: &Reply,
    timing: Timing,
    expectation: &Expectation,
    names: &ExchangeNames,
    lifetime: Option<Duration>,
) -> Result<Granted, Refused> {
    let body = json_object(reply).map(Body);
    if !reply.status.is_success() {
        let error = body.ok().and_then(|body| body.own_error());
        return Err(refusal(reply, error.as_ref(), names, timing.received));
    }
    let error = body.as_ref().ok().and_then(Body::own_error);
    let is_empty = reply.body.trim_ascii().is_empty();
    let unread = |why| if is_empty && has_session(reply) { NoToken::InCookie } else { NoToken::Body(why) };
    let granted = body.map_err(unread).and_then(|body| granted(&body, reply, timing.sent, expectation, lifetime));
    granted.map_err(|reason| {
        let refused = without_session(reply, &reason.to_string(), names, timing.received);
        let refused = match reason.remedy() {
            Some(remedy) => refused.with_remedy(remedy),
            None => refused,
        };
        match (refused.refusal, &reason, error) {
            (Refusal::Garbled, NoToken::Missing, Some(error)) => {
                of_error(reply, &error, names, timing.received).unwrap_or(refused)
            }
            (_, _, _) => refused,
        }
    })
}

/// Classifies a reply outside 2xx. The codes of OAuth are more precise than most statuses, but never shorten a wait that the
/// server asks for.
fn refusal(reply: &Reply, error: Option<&OwnError>, names: &ExchangeNames, received: SystemTime) -> Refused {
    let by_status = refused(reply, error.map(|error| error.text.as_str()), names, None, received);
    match (by_status.refusal, error) {
        (Refusal::Busy { .. }, _) | (_, None) => by_status,
        (_, Some(error)) => of_error(reply, error, names, received).unwrap_or(by_status),
    }
}

/// Returns the refusal of a known error code; `None` if the status decides. A server that fails cannot deny anything.
fn of_error(reply: &Reply, error: &OwnError, names: &ExchangeNames, received: SystemTime) -> Option<Refused> {
    let ExchangeNames { server, api, .. } = names;
    let status_text = format!("HTTP {}{}", reply.status.as_u16(), error.text);
    let (refusal, message) = match error.class? {
        ErrorClass::Denied if reply.status.is_server_error() => return None,
        ErrorClass::Denied => (Refusal::Denied, format!("{server} denies the exchange: {status_text}")),
        ErrorClass::Failed => (Refusal::Failed, format!("{api} fails: {status_text}")),
        ErrorClass::Busy => return Some(rate_limited(reply, &error.text, names, received)),
    };
    Some(Refused::new(refusal, message))
}

/// The fields of tokens and errors. An invalid field does not affect the others.
struct Body<'a>(JsonObject<'a>);

/// Why a reply of success holds no usable token.
#[derive(Debug, thiserror::Error)]
enum NoToken {
    #[error(transparent)]
    Body(BodyError),
    #[error("the body has no `access_token`")]
    Missing,
    #[error("the body has no `access_token`: the token is only in a cookie")]
    InCookie,
    #[error("`access_token` has white space or other characters that no header allows")]
    NotVisible,
    #[error("`token_type` is not `Bearer`")]
    Type,
    #[error(transparent)]
    Broken(#[from] BrokenRule),
    #[error("its lifetime is unknown: the reply has no `expires_in`; set `oauth.lifetime`")]
    NoEnd,
}

impl NoToken {
    fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Body(error) => error.remedy(),
            Self::InCookie => Some(IF_IN_COOKIE),
            Self::Missing | Self::NotVisible | Self::Type | Self::Broken(_) | Self::NoEnd => None,
        }
    }
}

impl Body<'_> {
    fn own_error(&self) -> Option<OwnError> {
        let of_oauth = self.0.field("error").text().map(OwnError::of_oauth);
        let limit = || error_code::rate_limit(&self.0).map(|code| OwnError::of_rate_limit(&code));
        of_oauth.or_else(limit).or_else(|| error_code::own(&self.0).map(|code| OwnError::of_descope(&code)))
    }

    /// Many servers omit the type, although RFC 6749 requires it; clients treat such a token as a bearer token.
    fn is_bearer(&self) -> bool {
        let kind = self.0.field("token_type");
        kind.is_absent() || kind.text().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))
    }
}

fn granted(
    body: &Body<'_>,
    reply: &Reply,
    sent: SystemTime,
    expectation: &Expectation,
    lifetime: Option<Duration>,
) -> Result<Granted, NoToken> {
    // A whole reply is as long as a token may be.
    let access_token = body.0.field("access_token");
    let missing = || if has_session(reply) { NoToken::InCookie } else { NoToken::Missing };
    let text = access_token.text().ok_or_else(missing)?;
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(NoToken::NotVisible);
    }
    if !body.is_bearer() {
        return Err(NoToken::Type);
    }
    let jwt = Jwt::parse(text).ok();
    let (signer, own_life) = if let Some(jwt) = &jwt {
        let date = reply.date().map(since_epoch);
        expectation.check(jwt, date)?;
        (expectation.signer(jwt), own_life(jwt, date, since_epoch(sent)))
    } else {
        expectation.check_opaque()?;
        (Signer::Unknown, None)
    };
    let (lifetime, notes) = own_life
        .or_else(|| body.0.field("expires_in").seconds().map(within_bounds))
        .or_else(|| lifetime.map(within_bounds))
        .or_else(|| is_beyond_bounds(jwt.as_ref(), body).then(|| within_bounds(Duration::from_secs(SECONDS_MAX))))
        .ok_or(NoToken::NoEnd)?;
    let claims = jwt.map(|jwt| Claims::of(&jwt, None)).unwrap_or_default();
    let grant = Grant { lifetime, refresh_after: None };
    let fields = ReplyFields::read(&reply.body, &expectation.fields);
    let session = Session { jwt: Secret::new(text.to_owned()), grant, claims, fields };
    Ok(Granted { session, signer, notes })
}

/// Returns the lifetime by the claims of a JWT, which leads over what the reply says; `None` if it has no usable `exp`.
fn own_life(jwt: &Jwt<'_>, date: Option<Duration>, sent: Duration) -> Option<(Duration, Vec<GrantNote>)> {
    life(&Ends { jwt, session_expiration: None, expiration: None, is_too_large: false }, date, sent)
}

/// Whether the end of the token is a number that is too large for a time. It is used only if nothing else is.
fn is_beyond_bounds(jwt: Option<&Jwt<'_>>, body: &Body<'_>) -> bool {
    jwt.is_some_and(|jwt| jwt.expiry_out_of_range) || body.0.field("expires_in").is_too_large()
}

fn within_bounds(reported: Duration) -> (Duration, Vec<GrantNote>) {
    if reported > LIFETIME_MAX { (LIFETIME_MAX, vec![GrantNote::LifeCut { reported }]) } else { (reported, Vec::new()) }
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

const IF_IN_COOKIE: &str = "RFC 6749 has the token in the body, as `access_token`: check that `oauth.tokenUrl` is a token endpoint \
                            and not a page to sign in, and let its operator return the token in the body";
