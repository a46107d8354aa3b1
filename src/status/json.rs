//! How a report's values look in JSON.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Serialize as _, Serializer};

use super::Report;

impl Report {
    /// As JSON text, one field a line.
    pub fn to_json(&self) -> String {
        // Plain data with string keys: it always has a JSON form.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// RFC 3339 in whole milliseconds.
pub(super) fn time<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*time))
}

/// RFC 3339 or null.
#[expect(clippy::ref_option, reason = "serde hands references out")]
pub(super) fn time_if_any<S: Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(text).serialize(serializer)
}

/// A path as text; what is not UTF-8 in it is replaced.
pub(super) fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// A path as text or null.
#[expect(clippy::ref_option, reason = "serde hands references out")]
pub(super) fn path_if_any<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}

fn text(time: SystemTime) -> String {
    // The text has four digits for the year.
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default().min(WALL_MAX);
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}

/// The end of the year 9999.
const WALL_MAX: Duration = Duration::from_secs(253_402_300_799);
