//! The JSON form of a report's values.

use std::path::{Path, PathBuf};

use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

use crate::renewal::RefusalClass;

/// One of the fixed words that a report uses. A word of a later version is read as `unknown`.
pub type Word = &'static str;

/// RFC 3339 in whole milliseconds.
pub(super) mod time {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(in crate::status) fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(*time))
    }

    pub(in crate::status) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_rfc3339(&text).map_err(|_| D::Error::custom("no time of RFC 3339"))
    }

    pub(in crate::status) fn text(time: SystemTime) -> String {
        // RFC 3339 has four digits for the year.
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default().min(WALL_MAX);
        humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
    }

    /// The end of the year 9999.
    const WALL_MAX: Duration = Duration::from_secs(253_402_300_799);
}

/// RFC 3339 or null.
pub(super) mod time_if_any {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serialize as _, Serializer};

    use super::time;

    #[expect(clippy::ref_option, reason = "serde hands references out")]
    pub(in crate::status) fn serialize<S: Serializer>(
        time: &Option<SystemTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(time::text).serialize(serializer)
    }

    pub(in crate::status) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        #[derive(Deserialize)]
        struct Present(#[serde(with = "time")] SystemTime);
        Ok(Option::<Present>::deserialize(deserializer)?.map(|Present(time)| time))
    }
}

/// A path as text; bytes that are not UTF-8 are replaced.
pub(super) fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// A path as text or null.
#[expect(clippy::ref_option, reason = "serde hands references out")]
pub(super) fn path_if_any<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}

/// Reads one of the words that a report uses. A word of a later version is read as `unknown`.
pub(super) fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(WORDS.into_iter().find(|word| *word == text).unwrap_or(UNKNOWN))
}

/// The class of a refusal; `None` for a word of a later version.
pub(super) fn refusal_class<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RefusalClass>, D::Error> {
    Ok(RefusalClass::of_word(&String::deserialize(deserializer)?))
}

/// A word of a later version.
pub(super) const UNKNOWN: &str = "unknown";

/// The usual kind of secret, for reports of earlier versions.
pub(super) fn access_key() -> &'static str {
    ACCESS_KEY
}

const ACCESS_KEY: &str = "access key";
const WORDS: [&str; 34] = [
    "starting",
    "fresh",
    "failing",
    "expired",
    "exchange",
    "publish",
    "withdraw",
    "wait for the access key",
    "wait for the secret",
    "wait for a change",
    "wait for the process that writes the outputs",
    ACCESS_KEY,
    "refresh token",
    "refresh token or answers",
    "client secret",
    "assertion",
    "jwt",
    "json",
    "env",
    "header",
    "bearer",
    "template",
    "denied",
    "blocked",
    "busy",
    "failed",
    "garbled",
    "unreachable",
    "key",
    "output",
    "token",
    "host",
    "hook",
    "advice",
];
