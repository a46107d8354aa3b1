//! Times: how long a disk may take, and how a time is written.

use std::time::Duration;

/// `12ms`, `1.2s`: as fine as anybody cares.
pub(super) fn took(time: Duration) -> String {
    let millis = time.as_millis();
    if millis < 1000 { format!("{millis}ms") } else { format!("{}.{}s", millis / 1000, millis % 1000 / 100) }
}

/// A disk has this time, however short that of requests.
pub(super) const DISK_MIN: Duration = Duration::from_secs(5);
