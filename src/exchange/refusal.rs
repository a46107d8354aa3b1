//! Why a reply gave no session: the rules that all sources share.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};
use reqwest::Url;

use super::reply::Reply;
use crate::renewal::{Refusal, policy::RETRY_AFTER_MAX};

/// A refusal and what to tell people of it. The message holds nothing that the server or a secret file said in its own
/// words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The class, which sets the pace.
    pub refusal: Refusal,
    /// One line for people: what happened and, where there is one, the remedy.
    pub message: String,
}

/// How messages name the server, what it was asked with, and the setting that says where it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExchangeNames {
    /// The server, such as `Descope`.
    pub server: &'static str,
    /// What answers there, such as `Descope's API`.
    pub api: &'static str,
    /// What was sent, such as `access key`.
    pub secret: &'static str,
    /// The field of the configuration that says where the API is.
    pub setting: &'static str,
}

/// Reads any reply outside 2xx. `own_error` is the server's own error, where the body holds one: what messages add for it,
/// which may be nothing. Without one, a 401 or 403 came from something in front of the server.
pub fn refused(reply: &Reply, own_error: Option<&str>, names: &ExchangeNames, received: SystemTime) -> Refused {
    let ExchangeNames { server, api, secret, setting } = names;
    let status = reply.status.as_u16();
    let told = format!("HTTP {status}{}", own_error.unwrap_or_default());
    let retry_after = retry_after(&reply.headers, reply.date().unwrap_or(received));
    let told_of_wait = || format!("{told}{}", clamped(retry_after));

    let (refusal, message) = match (status, own_error) {
        (429, _) => (Refusal::Busy { retry_after }, format!("{api} asks to slow down: {}", told_of_wait())),
        (_, _) if retry_after.is_some() => {
            (Refusal::Busy { retry_after }, format!("{api} asks to wait: {}", told_of_wait()))
        }
        (400, Some(_)) => (Refusal::Denied, format!("{server} denies the exchange: {told}")),
        (401 | 403, Some(_)) => (Refusal::Denied, format!("{server} denies the {secret}: {told}")),
        (401 | 403, None) => (Refusal::Blocked, blocked(reply, names)),
        (300..=399, _) => (Refusal::Failed, redirected(reply, names)),
        (404, _) => (Refusal::Failed, format!("no such endpoint: {told}; is `{setting}` right?")),
        (400..=499, _) => (Refusal::Failed, format!("{api} refuses the request: {told}")),
        (520..=530, _) => (Refusal::Failed, format!("{api} is not reachable from the edge in front of it: {told}")),
        (_, _) => (Refusal::Failed, format!("{api} fails: {told}")),
    };
    Refused { refusal, message }
}

/// Reads a reply of 2xx that holds no usable session, for this reason.
pub fn without_session(reply: &Reply, reason: &str, names: &ExchangeNames, received: SystemTime) -> Refused {
    let told = format!("HTTP {} without a usable session: {reason}", reply.status.as_u16());
    match retry_after(&reply.headers, reply.date().unwrap_or(received)) {
        None => Refused { refusal: Refusal::Garbled, message: told },
        retry_after => Refused {
            refusal: Refusal::Busy { retry_after },
            message: format!("{} asks to wait: {told}{}", names.api, clamped(retry_after)),
        },
    }
}

/// What messages add about a wait that is not obeyed whole.
fn clamped(retry_after: Option<Duration>) -> String {
    if retry_after.is_none_or(|wait| wait <= RETRY_AFTER_MAX) {
        return String::new();
    }
    format!("; it asks for longer than {}, which is waited at most", humantime::format_duration(RETRY_AFTER_MAX))
}

/// 401 or 403 by something in front of the server, which never saw the secret.
fn blocked(reply: &Reply, ExchangeNames { server, secret, .. }: &ExchangeNames) -> String {
    let status = reply.status.as_u16();
    let before = format!("blocks the request before {server} sees the {secret}");
    match cloudflare_error(&reply.body) {
        Some(code) => format!("Cloudflare {before}: HTTP {status}, error {code}"),
        None if is_cloudflare(&reply.headers) => format!("Cloudflare {before}: HTTP {status}"),
        None => format!("HTTP {status} without {server}'s own error: a proxy or firewall {before}"),
    }
}

/// `error code: 1010`, the whole body of a block by Cloudflare's firewall.
fn cloudflare_error(body: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(body).ok()?.trim().strip_prefix("error code: ")?;
    let is_a_code = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_a_code { digits.parse().ok() } else { None }
}

fn is_cloudflare(headers: &HeaderMap) -> bool {
    headers.contains_key("cf-ray") || headers.get(header::SERVER).is_some_and(|server| server == "cloudflare")
}

fn redirected(reply: &Reply, ExchangeNames { secret, setting, .. }: &ExchangeNames) -> String {
    let location = reply.headers.get(header::LOCATION).and_then(|location| Url::parse(location.to_str().ok()?).ok());
    let host = location.as_ref().and_then(Url::host_str).map(|host| format!(" (`{host}`)")).unwrap_or_default();
    format!(
        "HTTP {}: redirects are refused, for they would carry the {secret} elsewhere{host}; set `{setting}` to where the API is",
        reply.status.as_u16()
    )
}

/// The wait that the reply asks for, where it is readable: in seconds, or as a date by the clock `now`.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let mut values = headers.get_all(header::RETRY_AFTER).iter().filter_map(|value| value.to_str().ok().map(str::trim));
    values.find_map(|value| seconds(value).or_else(|| until(value, now)))
}

fn seconds(value: &str) -> Option<Duration> {
    let is_a_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    is_a_number
        .then(|| Duration::from_secs(value.parse().map_or(RETRY_SECONDS_MAX, |told: u64| told.min(RETRY_SECONDS_MAX))))
}

fn until(value: &str, now: SystemTime) -> Option<Duration> {
    Some(httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default())
}

/// A hundred years: longer waits count as this, so that no sum of times can overflow. The core clamps to far less.
const RETRY_SECONDS_MAX: u64 = 100 * 365 * 24 * 3600;
