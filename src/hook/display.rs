//! Texts for log lines about hooks and their results, and the expiry that a hook gets.

use std::{
    fmt::{self, Display, Formatter},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{
    definition::{Hook, Recipient},
    outcome::{HookContext, HookOutcome, HookRun},
};

/// Omits arguments and queries: they may hold secrets of other programs.
impl Display for Hook {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal { signal, to } => write!(f, "{signal} to {to}"),
            Self::Command { program, .. } => write!(f, "command `{}`", program.display()),
            Self::Post { url, .. } => write!(f, "POST to `{url}`"),
        }
    }
}

impl Display for Recipient {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::PidFile(path) => write!(f, "the process of `{}`", path.display()),
            Self::ProcessName(name) => write!(f, "processes named `{name}`"),
        }
    }
}

impl Display for HookRun {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            HookOutcome::Done => f.write_str("done")?,
            HookOutcome::NoRecipient(why) | HookOutcome::Failed(why) => f.write_str(why)?,
            HookOutcome::TimedOut(timeout) => {
                write!(f, "not done within {}, so it was stopped", humantime::format_duration(*timeout))?;
            }
        }
        if self.printed.is_empty() { Ok(()) } else { write!(f, "; it printed: {}", self.printed.escape_debug()) }
    }
}

impl HookContext {
    /// Returns the token's expiry in RFC 3339. A server may send a time that RFC 3339 cannot express; it is clamped.
    pub(super) fn expiry(&self) -> String {
        let since_epoch = self.expires_at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let at = UNIX_EPOCH.checked_add(since_epoch.min(CALENDAR_END)).unwrap_or(SystemTime::UNIX_EPOCH);
        humantime::format_rfc3339_seconds(at).to_string()
    }
}

/// The last second of the year 9999.
const CALENDAR_END: Duration = Duration::from_secs(253_402_300_799);
