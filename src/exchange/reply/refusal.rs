//! Why a reply that is no success gave no session.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};
use reqwest::Url;

use super::{Body, Reply};
use crate::{
    exchange::Refused,
    renewal::{Refusal, policy::RETRY_AFTER_MAX},
};

/// Reads any reply outside 2xx.
pub(super) fn of(reply: &Reply, body: Option<&Body<'_>>, received: SystemTime) -> Refused {
    let status = reply.status.as_u16();
    let error = body.and_then(|body| body.error_code.text());
    let told = format!("HTTP {status}{}", error.map(explained).unwrap_or_default());
    let retry_after = retry_after(&reply.headers, reply.date().unwrap_or(received));
    let told_of_wait = || format!("{told}{}", clamped(retry_after));

    let (refusal, message) = match (status, error) {
        (429, _) => (Refusal::Busy { retry_after }, format!("Descope's API asks to slow down: {}", told_of_wait())),
        (_, _) if retry_after.is_some() => {
            (Refusal::Busy { retry_after }, format!("Descope's API asks to wait: {}", told_of_wait()))
        }
        (400, Some(_)) => (Refusal::Denied, format!("Descope denies the exchange: {told}")),
        (401 | 403, Some(_)) => (Refusal::Denied, format!("Descope denies the access key: {told}")),
        (401 | 403, None) => (Refusal::Blocked, blocked(reply)),
        (300..=399, _) => (Refusal::Failed, redirected(reply)),
        (404, _) => (Refusal::Failed, format!("no such endpoint: {told}; is `baseUrl` right?")),
        (400..=499, _) => (Refusal::Failed, format!("Descope's API refuses the request: {told}")),
        (520..=530, _) => {
            (Refusal::Failed, format!("Descope's API is not reachable from the edge in front of it: {told}"))
        }
        (_, _) => (Refusal::Failed, format!("Descope's API fails: {told}")),
    };
    Refused { refusal, message }
}

/// Reads a reply of 2xx that holds no usable session, for this reason.
pub(super) fn without_a_session(reply: &Reply, reason: &str, received: SystemTime) -> Refused {
    let told = format!("HTTP {} without a usable session: {reason}", reply.status.as_u16());
    match retry_after(&reply.headers, reply.date().unwrap_or(received)) {
        None => Refused { refusal: Refusal::Garbled, message: told },
        retry_after => Refused {
            refusal: Refusal::Busy { retry_after },
            message: format!("Descope's API asks to wait: {told}{}", clamped(retry_after)),
        },
    }
}

/// What is said of a wait that is not obeyed whole.
fn clamped(retry_after: Option<Duration>) -> String {
    if retry_after.is_none_or(|wait| wait <= RETRY_AFTER_MAX) {
        return String::new();
    }
    format!("; it asks for longer than {}, which is waited at most", humantime::format_duration(RETRY_AFTER_MAX))
}

/// An error code in the form of Descope's, and what it means where that is known (go-sdk `errors.go`, swift-sdk
/// `types/Error.swift`). A code of any other form is not repeated.
fn explained(code: &str) -> String {
    let is_a_code = code.len() == 7 && code.starts_with(|c: char| c.is_ascii_uppercase());
    if !is_a_code || !code[1..].bytes().all(|byte| byte.is_ascii_digit()) {
        return String::new();
    }
    let meaning = match code {
        "E062802" => " (missing access key)",
        "E062803" => " (invalid access key)",
        "E011001" => " (malformed request)",
        "E011002" => " (missing arguments)",
        "E011003" => " (validation failed; check `projectId`, `customClaims` and `selectedTenant`)",
        "E011004" => " (invalid arguments; check `projectId`, `customClaims` and `selectedTenant`)",
        "E130429" => " (rate limit)",
        _ => "",
    };
    format!(", {code}{meaning}")
}

/// 401 or 403 by something in front of Descope, which never saw the access key.
fn blocked(reply: &Reply) -> String {
    let status = reply.status.as_u16();
    match cloudflare_error(&reply.body) {
        Some(code) => {
            format!("Cloudflare blocks the request before Descope sees the access key: HTTP {status}, error {code}")
        }
        None if is_cloudflare(&reply.headers) => {
            format!("Cloudflare blocks the request before Descope sees the access key: HTTP {status}")
        }
        None => format!(
            "HTTP {status} without Descope's own error: a proxy or firewall blocks the request before Descope sees the access key"
        ),
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

fn redirected(reply: &Reply) -> String {
    let location = reply.headers.get(header::LOCATION).and_then(|location| Url::parse(location.to_str().ok()?).ok());
    let host = location.as_ref().and_then(Url::host_str).map(|host| format!(" (`{host}`)")).unwrap_or_default();
    format!(
        "HTTP {}: redirects are refused, for they would carry the access key elsewhere{host}; set `baseUrl` to where the API is",
        reply.status.as_u16()
    )
}

/// After how long to come back, if the reply says so readably: in seconds, or as a date by the clock `now`.
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

/// A hundred years: longer waits are told as this, so that no sum of times can overflow. The core clamps to far less.
const RETRY_SECONDS_MAX: u64 = 100 * 365 * 24 * 3600;
