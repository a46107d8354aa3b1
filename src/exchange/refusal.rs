//! Classification of replies without a session: the rules that all sources share.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use http::{StatusCode, header};
use reqwest::Url;

use super::{
    blocked::{Blocked, blocked},
    project::ProjectId,
    reply::Reply,
    retry_after::{is_exhausted, retry_after, until_reset},
};
use crate::renewal::{Refusal, policy::RETRY_AFTER_MAX};

/// A refusal with its message for the user. The message never repeats text of the server or of a secret file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The class, which determines the retry delay.
    pub refusal: Refusal,
    /// One line for the user: what happened.
    pub message: String,
    /// What a person can do about this very cause; `None` if there is nothing more specific than the remedy of the class.
    pub remedy: Option<Cow<'static, str>>,
}

impl Refused {
    /// Returns a refusal with the remedy of its class.
    pub fn new(refusal: Refusal, message: impl Into<String>) -> Self {
        Self { refusal, message: message.into(), remedy: None }
    }

    /// Returns the refusal with a remedy for its very cause.
    #[must_use]
    pub fn with_remedy(self, remedy: impl Into<Cow<'static, str>>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

/// The names that messages use for the server, the secret that was sent, and the setting with the server's address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExchangeNames {
    /// The server, such as `Descope`.
    pub server: &'static str,
    /// The server's API, such as `Descope's API`.
    pub api: &'static str,
    /// The secret that was sent, such as `access key`.
    pub secret: &'static str,
    /// The configuration field with the API's address.
    pub setting: &'static str,
}

/// Classifies any reply outside 2xx. `project` is named if the server may not know it. `own_error` is `Some` if the body contains the server's own error: it is the text
/// that messages add for it, which may be empty. Without it, a 401 or 403 may be of a proxy or firewall in front of the
/// server.
pub fn refused(
    reply: &Reply,
    own_error: Option<&str>,
    names: &ExchangeNames,
    project: Option<&ProjectId>,
    received: SystemTime,
) -> Refused {
    let ExchangeNames { server, api, secret, setting } = names;
    let status = reply.status.as_u16();
    let status_text = format!("HTTP {status}{}", own_error.unwrap_or_default());
    let retry_after = wait(reply, received);
    let status_and_wait = || format!("{status_text}{}", clamped(retry_after));

    let (refusal, message) = match (status, own_error) {
        (429, _) => (Refusal::Busy { retry_after }, format!("{api} asks to slow down: {}", status_and_wait())),
        (_, _) if retry_after.is_some() => {
            (Refusal::Busy { retry_after }, format!("{api} asks to wait: {}", status_and_wait()))
        }
        (400, Some(_)) => (Refusal::Denied, format!("{server} denies the exchange: {status_text}")),
        (401 | 403, Some(_)) => (Refusal::Denied, format!("{server} denies the {secret}: {status_text}")),
        (401 | 403, None) => {
            let Blocked { message, remedy } = blocked(reply, server, secret, setting);
            return Refused { refusal: Refusal::Blocked, message, remedy: remedy.map(Cow::from) };
        }
        (300..=399, _) => (Refusal::Failed, redirected(reply, names)),
        (404, _) => {
            let project = project.map(|id| format!(", and is `{id}` your project's id")).unwrap_or_default();
            (Refusal::Failed, format!("no such endpoint: {status_text}; is `{setting}` right{project}?"))
        }
        (400..=499, _) => (Refusal::Failed, format!("{api} refuses the request: {status_text}")),
        (520..=530, _) => {
            (Refusal::Failed, format!("{api} is not reachable from the edge in front of it: {status_text}"))
        }
        (_, _) => (Refusal::Failed, format!("{api} fails: {status_text}")),
    };
    Refused::new(refusal, message)
}

/// Classifies a reply of any status whose body has the server's own error of a rate limit; `own_error` is the text that the message
/// adds for it.
pub fn rate_limited(reply: &Reply, own_error: &str, names: &ExchangeNames, received: SystemTime) -> Refused {
    let now = reply.date().unwrap_or(received);
    let retry_after = retry_after(&reply.headers, now).or_else(|| until_reset(&reply.headers, now));
    let (api, status) = (names.api, reply.status.as_u16());
    let message = format!("{api} asks to slow down: HTTP {status}{own_error}{}", clamped(retry_after));
    Refused::new(Refusal::Busy { retry_after }, message)
}

/// Classifies a 2xx reply without a usable session; `reason` says why.
pub fn without_session(reply: &Reply, reason: &str, names: &ExchangeNames, received: SystemTime) -> Refused {
    let message = format!("HTTP {} without a usable session: {reason}", reply.status.as_u16());
    match wait(reply, received) {
        None => Refused::new(Refusal::Garbled, message),
        retry_after => Refused::new(
            Refusal::Busy { retry_after },
            format!("{} asks to wait: {message}{}", names.api, clamped(retry_after)),
        ),
    }
}

/// Returns the text that messages add if the requested wait is longer than the maximum.
fn clamped(retry_after: Option<Duration>) -> String {
    if retry_after.is_none_or(|wait| wait <= RETRY_AFTER_MAX) {
        return String::new();
    }
    format!("; the wait is cut to the maximum of {}", humantime::format_duration(RETRY_AFTER_MAX))
}

fn redirected(reply: &Reply, ExchangeNames { secret, setting, .. }: &ExchangeNames) -> String {
    let location = reply.headers.get(header::LOCATION).and_then(|location| Url::parse(location.to_str().ok()?).ok());
    let host = location.as_ref().and_then(Url::host_str).filter(|host| host.len() <= HOST_BYTES_MAX);
    let host = host.map(|host| format!(" (`{host}`)")).unwrap_or_default();
    format!(
        "HTTP {}: redirects are refused because they would send the {secret} elsewhere{host}; set `{setting}` to where the API is",
        reply.status.as_u16()
    )
}

/// Returns the wait that the reply asks for, if it is readable. The fields of a rate limit count only if it refuses the request:
/// replies of other kinds have them too.
fn wait(reply: &Reply, received: SystemTime) -> Option<Duration> {
    let now = reply.date().unwrap_or(received);
    let is_limited = match reply.status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::SERVICE_UNAVAILABLE => is_exhausted(&reply.headers),
        _ => false,
    };
    retry_after(&reply.headers, now).or_else(|| until_reset(&reply.headers, now).filter(|_| is_limited))
}

/// The longest name that DNS has (RFC 1035 section 2.3.4). A longer host is not repeated.
const HOST_BYTES_MAX: usize = 253;
