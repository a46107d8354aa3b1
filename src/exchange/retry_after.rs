//! How long a reply asks to wait: `Retry-After`, and the fields of rate limits, which have several forms.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;

use super::http_date;

/// Returns the wait of `Retry-After`, if it is readable: in seconds, rounded up, or until a date relative to `now`. Of several
/// values the first readable one counts.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    texts(headers, "retry-after").find_map(|text| {
        let parts = || text.split(',').filter_map(seconds);
        seconds(text).or_else(|| until(text, now)).or_else(|| parts().next())
    })
}

/// Returns the wait until a rate limit allows a request again, if the reply says so: for a reply that a rate limit refuses, and
/// that has no readable `Retry-After`.
///
/// Read are, in this order: `Retry-After-Ms` and `X-Ms-Retry-After-Ms` (Azure); `RateLimit` and `RateLimit-Reset`
/// (draft-ietf-httpapi-ratelimit-headers, all versions); `X-RateLimit-Reset` and its variants.
pub(super) fn until_reset(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let milliseconds = MILLISECONDS.iter().find_map(|name| texts(headers, name).find_map(|text| number(text.trim())));
    let milliseconds = milliseconds.map(|number| bounded(number / 1000.0));
    milliseconds
        .or_else(|| limits(headers).filter(Limit::is_exhausted).filter_map(|limit| limit.reset).max().map(rounded_up))
        .or_else(|| RESETS.iter().find_map(|name| texts(headers, name).find_map(|text| reset(text, now))))
}

/// Whether the reply says that a rate limit is used up.
pub(super) fn is_exhausted(headers: &HeaderMap) -> bool {
    let none_left = |name: &&str| texts(headers, name).any(|text| number(text.trim()) == Some(0.0));
    limits(headers).any(|limit| limit.remaining == Some(0.0)) || REMAINING.iter().any(none_left)
}

/// One limit of the field `RateLimit`.
#[derive(Clone, Copy, Default)]
struct Limit {
    remaining: Option<f64>,
    /// In seconds.
    reset: Option<Duration>,
}

impl Limit {
    fn is_exhausted(&self) -> bool {
        self.remaining.is_none_or(|remaining| remaining <= 0.0)
    }

    fn read(parameters: &str) -> Self {
        let mut limit = Self::default();
        for parameter in parameters.split([';', ',']) {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            match name.trim().to_ascii_lowercase().as_str() {
                "r" | "remaining" => limit.remaining = number(value.trim()),
                "t" | "reset" => limit.reset = number(value.trim()).map(bounded),
                _ => {}
            }
        }
        limit
    }
}

/// Returns the limits of `RateLimit`: `limit=100, remaining=0, reset=25` is one (drafts 3 to 6), and each of
/// `"burst";r=0;t=5, "daily";r=10;t=4000` is another (from draft 7 on).
fn limits(headers: &HeaderMap) -> impl Iterator<Item = Limit> {
    let of_field = |text: &str| {
        let is_one = !text.contains(';') || text.trim_start().to_ascii_lowercase().starts_with("limit=");
        if is_one { vec![Limit::read(text)] } else { text.split(',').map(Limit::read).collect() }
    };
    texts(headers, "ratelimit").flat_map(of_field).collect::<Vec<_>>().into_iter()
}

/// Reads a field that says when a limit ends: in seconds, with a unit, as a time since the Unix epoch in seconds or milliseconds,
/// which its size tells, or as a date.
fn reset(text: &str, now: SystemTime) -> Option<Duration> {
    let since_epoch = |end: f64| bounded(end).saturating_sub(now.duration_since(UNIX_EPOCH).unwrap_or_default());
    match number(text.trim()) {
        Some(number) if number >= EPOCH_MILLISECONDS_MIN => Some(since_epoch(number / 1000.0)),
        Some(number) if number >= EPOCH_SECONDS_MIN => Some(since_epoch(number)),
        Some(number) => Some(bounded(number)),
        None => seconds(text)
            .or_else(|| humantime::parse_duration(text.trim()).ok().map(short))
            .or_else(|| until(text, now)),
    }
    .map(rounded_up)
}

/// Reads a number of seconds, rounded up; a unit, and parameters after `;` or a comment, may follow.
fn seconds(text: &str) -> Option<Duration> {
    let (text, _) = text.split_once([';', '(', '#']).unwrap_or((text, ""));
    let text = text.trim().trim_matches('"').trim();
    let digits = text.bytes().rposition(|byte| byte.is_ascii_digit() || byte == b'.')? + 1;
    let (text, unit) = text.split_at(digits);
    let value = number(text)?;
    let unit = unit.trim().to_ascii_lowercase();
    match unit.as_str() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => Some(rounded_up(bounded(value))),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(rounded_up(bounded(value * 60.0))),
        "h" | "hour" | "hours" => Some(rounded_up(bounded(value * 3600.0))),
        "ms" => Some(rounded_up(bounded(value / 1000.0))),
        _ => None,
    }
}

/// Reads a decimal number without a minus or an exponent.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().any(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

fn until(text: &str, now: SystemTime) -> Option<Duration> {
    Some(short(http_date::parse(text)?.duration_since(now).unwrap_or_default()))
}

fn bounded(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).map_or(WAIT_MAX, short)
}

fn short(wait: Duration) -> Duration {
    wait.min(WAIT_MAX)
}

/// Rounds up to a whole second, so that no wait is shorter than asked.
fn rounded_up(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

fn texts<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

/// A hundred years. Longer waits are cut to this, so that no sum of times overflows. The renewal core clamps to far
/// less.
const WAIT_MAX: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
/// The year 2001: a smaller number of seconds is a length of time, a larger one a time since the Unix epoch.
const EPOCH_SECONDS_MIN: f64 = 1e9;
/// 1973 in milliseconds, 5138 in seconds.
const EPOCH_MILLISECONDS_MIN: f64 = 1e11;
const MILLISECONDS: [&str; 2] = ["retry-after-ms", "x-ms-retry-after-ms"];
const RESETS: [&str; 5] = [
    "ratelimit-reset",
    "x-ratelimit-reset-after",
    "x-ratelimit-reset",
    "x-rate-limit-reset",
    "x-ratelimit-reset-requests",
];
const REMAINING: [&str; 3] = ["ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining"];

#[cfg(test)]
mod tests;
