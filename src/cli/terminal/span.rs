//! Formats durations for tables.

use std::time::{Duration, SystemTime};

/// Returns the time from `now` until `then`, zero if that has passed.
pub(in crate::cli) fn until(now: SystemTime, then: SystemTime) -> Duration {
    then.duration_since(now).unwrap_or_default()
}

/// Formats the two largest units, such as `12m 3s`, rounded down, so that a lifetime is never overstated.
pub(in crate::cli) fn words(span: Duration) -> String {
    let seconds = span.as_secs();
    let parts: Vec<String> = UNITS
        .iter()
        .map(|(unit, length, whole)| (unit, seconds % whole / length))
        .skip_while(|(_, count)| *count == 0)
        .take(2)
        .filter(|(_, count)| *count > 0)
        .map(|(unit, count)| format!("{count}{unit}"))
        .collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

/// Formats `in 12m 3s`, or `now` if the time has passed.
pub(in crate::cli) fn ahead(now: SystemTime, then: SystemTime) -> String {
    match until(now, then) {
        wait if wait.as_secs() == 0 => "now".to_owned(),
        wait => format!("in {}", words(wait)),
    }
}

/// Formats `12m 3s ago`, or `just now`.
pub(in crate::cli) fn past(now: SystemTime, then: SystemTime) -> String {
    match until(then, now) {
        age if age.as_secs() == 0 => "just now".to_owned(),
        age => format!("{} ago", words(age)),
    }
}

/// Each unit with its length in seconds, and the length of the next larger unit.
const UNITS: [(&str, u64, u64); 4] = [("d", 86_400, u64::MAX), ("h", 3600, 86_400), ("m", 60, 3600), ("s", 1, 60)];

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn two_units_are_enough() {
        let words = |seconds| words(Duration::from_secs(seconds));
        assert_eq!(words(0), "0s");
        assert_eq!(words(59), "59s");
        assert_eq!(words(723), "12m 3s");
        assert_eq!(words(3600), "1h");
        assert_eq!(words(3 * 3600 + 59), "3h");
        assert_eq!(words(2 * 86_400 + 5 * 3600 + 7), "2d 5h");
    }

    #[test]
    fn a_time_that_has_passed_is_now_or_ago() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(ahead(at(10), at(75)), "in 1m 5s");
        assert_eq!(ahead(at(10), at(5)), "now");
        assert_eq!(past(at(75), at(10)), "1m 5s ago");
        assert_eq!(past(at(10), at(10)), "just now");
        assert_eq!(past(at(5), at(10)), "just now");
    }
}
