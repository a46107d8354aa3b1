//! Parses and formats durations, offsets and fingerprints, for the command line and the control endpoint.

use std::time::Duration;

use crate::fingerprint::Fingerprint;

/// What a value must be instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Malformed {
    /// A duration.
    #[error("must be a duration such as `500ms`, `30s` or `1h30m`")]
    Duration,
    /// A duration of whole seconds.
    #[error("must be a duration in whole seconds such as `90s` or `1h30m`")]
    WholeSeconds,
    /// An offset of a clock.
    #[error("must be an offset such as `90s` or `-90s`")]
    Offset,
    /// A fingerprint.
    #[error("must be a fingerprint: 16 hex digits, as in the log")]
    Fingerprint,
    /// An endpoint.
    #[error("must be `access-key`, `refresh`, `questions-setup`, `questions-list`, `questions-verify` or `oauth`")]
    Endpoint,
    /// A rate limit.
    #[error("must be a number of exchanges per window such as `100/60s`")]
    RateLimit,
}

/// Parses `500ms`, `30s`, `5m`, `1h30m`; at most ten years.
pub fn duration(text: &str) -> Result<Duration, Malformed> {
    let duration = humantime::parse_duration(text).ok().filter(|duration| *duration <= DURATION_MAX);
    duration.ok_or(Malformed::Duration)
}

/// Parses a duration of whole seconds, for values that the API has in seconds.
pub fn whole_seconds(text: &str) -> Result<Duration, Malformed> {
    let whole = duration(text).ok().filter(|duration| duration.subsec_nanos() == 0);
    whole.ok_or(Malformed::WholeSeconds)
}

/// Parses a clock offset in seconds: a duration of whole seconds, negative if the clock is behind.
pub fn offset_seconds(text: &str) -> Result<i64, Malformed> {
    let (sign, size) = text.strip_prefix('-').map_or((1, text), |size| (-1, size));
    let seconds = whole_seconds(size).ok().and_then(|size| i64::try_from(size.as_secs()).ok());
    seconds.map(|seconds| sign * seconds).ok_or(Malformed::Offset)
}

/// Parses a fingerprint as in the log: 16 hex digits.
pub(super) fn fingerprint(text: &str) -> Result<Fingerprint, Malformed> {
    let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let value = digits.then(|| u64::from_str_radix(text, 16).ok()).flatten();
    let value = value.ok_or(Malformed::Fingerprint)?;
    Ok(Fingerprint::new(value.to_be_bytes()))
}

/// Formats a duration in the form that [`duration`] reads.
pub(super) fn formatted(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// Formats an offset in the form that [`offset_seconds`] reads.
pub(super) fn formatted_offset(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    format!("{sign}{}", formatted(Duration::from_secs(seconds.unsigned_abs())))
}

/// Ten years: much longer than any session of Descope's (four weeks), and far below the limits of clocks.
const DURATION_MAX: Duration = Duration::from_secs(3653 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatted_values_read_back_as_the_same() {
        for text in ["0s", "90s", "-90s", "1h30m", "-1d"] {
            let seconds = offset_seconds(text).unwrap();
            assert_eq!(offset_seconds(&formatted_offset(seconds)), Ok(seconds), "{text}");
        }
        let value = fingerprint("00ff7816bf8f01cf").unwrap();
        assert_eq!(value.to_string(), "00ff7816bf8f01cf");
    }

    #[test]
    fn values_without_unit_too_long_or_not_whole_are_refused() {
        assert!(duration("60").is_err());
        assert!(duration("11years").is_err());
        assert!(whole_seconds("1500ms").is_err());
        assert!(offset_seconds("--5s").is_err());
        assert!(offset_seconds("").is_err());
        assert!(fingerprint("+0ff7816bf8f01cf").is_err());
        assert!(fingerprint("00ff").is_err());
    }
}
