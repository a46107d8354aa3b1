//! Durations as text for log lines.

use std::time::Duration;

use crate::renewal::Moment;

/// Such as `1h 2m 3s`; tenths only below ten seconds.
pub(super) fn words(span: Duration) -> String {
    let grain = if span < Duration::from_secs(10) { 100 } else { 1000 };
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX) / grain * grain;
    humantime::format_duration(Duration::from_millis(millis)).to_string()
}

/// The time from `now` until a moment; `0s` if it has passed.
pub(super) fn until(now: Moment, moment: Moment) -> String {
    words(moment - now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_no_finer_than_a_person_cares() {
        assert_eq!(words(Duration::from_micros(401_999_999)), "6m 41s");
        assert_eq!(words(Duration::from_millis(2_345)), "2s 300ms");
        assert_eq!(words(Duration::from_millis(12)), "0s");
    }
}
