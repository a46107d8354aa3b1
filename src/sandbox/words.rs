//! How durations, offsets and fingerprints are written, on the command line and at the control endpoint alike.

use std::time::Duration;

use crate::fingerprint::Fingerprint;

/// `500ms`, `30s`, `5m`, `1h30m`; at most ten years.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).ok().filter(|duration| *duration <= DURATION_MAX);
    duration.ok_or_else(|| "must be a duration such as `500ms`, `30s` or `1h30m`".to_owned())
}

/// A duration of whole seconds, for what the API counts in seconds.
pub fn whole_seconds(text: &str) -> Result<Duration, String> {
    let whole = duration(text).ok().filter(|duration| duration.subsec_nanos() == 0);
    whole.ok_or_else(|| "must be a duration in whole seconds such as `90s` or `1h30m`".to_owned())
}

/// A clock's offset in seconds: a duration of whole seconds, negative for a clock that is behind.
pub fn offset_seconds(text: &str) -> Result<i64, String> {
    let (sign, size) = text.strip_prefix('-').map_or((1, text), |size| (-1, size));
    let seconds = whole_seconds(size).ok().and_then(|size| i64::try_from(size.as_secs()).ok());
    seconds.map(|seconds| sign * seconds).ok_or_else(|| "must be an offset such as `90s` or `-90s`".to_owned())
}

/// A fingerprint as the log prints it: 16 hex digits.
pub(super) fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let value = digits.then(|| u64::from_str_radix(text, 16).ok()).flatten();
    let value = value.ok_or_else(|| "must be a fingerprint: 16 hex digits, as in the log".to_owned())?;
    Ok(Fingerprint::new(value.to_be_bytes()))
}

/// A duration in the form that [`duration`] reads.
pub(super) fn shown(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// An offset in the form that [`offset_seconds`] reads.
pub(super) fn shown_offset(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    format!("{sign}{}", shown(Duration::from_secs(seconds.unsigned_abs())))
}

/// Ten years: far beyond any session of Descope's (four weeks), and far from the end of any clock.
const DURATION_MAX: Duration = Duration::from_secs(3653 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_reads_back_as_the_same() {
        for text in ["0s", "90s", "-90s", "1h30m", "-1d"] {
            let seconds = offset_seconds(text).unwrap();
            assert_eq!(offset_seconds(&shown_offset(seconds)), Ok(seconds), "{text}");
        }
        let mark = fingerprint("00ff7816bf8f01cf").unwrap();
        assert_eq!(mark.to_string(), "00ff7816bf8f01cf");
    }

    #[test]
    fn what_has_no_unit_is_too_long_or_is_not_whole_is_refused() {
        assert!(duration("60").is_err());
        assert!(duration("11years").is_err());
        assert!(whole_seconds("1500ms").is_err());
        assert!(offset_seconds("--5s").is_err());
        assert!(offset_seconds("").is_err());
        assert!(fingerprint("+0ff7816bf8f01cf").is_err());
        assert!(fingerprint("00ff").is_err());
    }
}
