//! The time limit of a disk, and the format of durations.

use std::time::Duration;

/// Formats a duration as `12ms` or `1.2s`.
pub(super) fn took(time: Duration) -> String {
    let millis = time.as_millis();
    if millis < 1000 { format!("{millis}ms") } else { format!("{}.{}s", millis / 1000, millis % 1000 / 100) }
}

/// The least time limit of a disk, however short `http.timeout` is.
pub(super) const DISK_MIN: Duration = Duration::from_secs(5);
