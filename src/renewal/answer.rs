//! The answer to an exchange: a grant or a refusal, as plain data without any secret.

use std::{fmt, time::Duration};

/// What the server granted with a session. Both lengths are counted from when the request was sent, on the server's own
/// clock, so a wrong local clock changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grant {
    /// How long the session lives. Never zero, at most [`super::policy::LIFETIME_MAX`].
    pub lifetime: Duration,
    /// When the server asks for the next renewal (`nextRefreshSeconds`), if it does.
    pub refresh_after: Option<Duration>,
}

/// Why an exchange gave no session; each has a pace of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Descope itself rejects this key: 401, 403 or 400 with its JSON error.
    Denied,
    /// Descope itself rejects these secrets, and asking again may lock an account. They are sent again only after they have
    /// changed, or when a person requests it. Reported as `denied`.
    DeniedForGood,
    /// An edge or a proxy rejects the request before Descope gets it: 401 or 403 without Descope's JSON error.
    Blocked,
    /// Too many requests: 429, or any reply with `Retry-After`. Counts for every credential of the origin.
    Busy {
        /// As the server sent it, counted from the reply; the core limits it.
        retry_after: Option<Duration>,
    },
    /// The server failed: other 4xx, 5xx, any 3xx.
    Failed,
    /// A 2xx reply without a usable session.
    Garbled,
    /// No whole reply: DNS, TCP, TLS, reset, over-long.
    Unreachable,
    /// No whole reply within the time-out. Reported as `unreachable`; it queues behind the others.
    TimedOut,
}

impl Refusal {
    /// Its class, as logs, metrics and status name it.
    pub const fn class(self) -> RefusalClass {
        match self {
            Self::Denied | Self::DeniedForGood => RefusalClass::Denied,
            Self::Blocked => RefusalClass::Blocked,
            Self::Busy { .. } => RefusalClass::Busy,
            Self::Failed => RefusalClass::Failed,
            Self::Garbled => RefusalClass::Garbled,
            Self::Unreachable | Self::TimedOut => RefusalClass::Unreachable,
        }
    }
}

impl Refusal {
    /// How long the host asked for no more requests.
    pub fn quiet(self) -> Duration {
        match self {
            Self::Busy { retry_after } => retry_after.unwrap_or_default(),
            Self::Denied
            | Self::DeniedForGood
            | Self::Blocked
            | Self::Failed
            | Self::Garbled
            | Self::Unreachable
            | Self::TimedOut => Duration::ZERO,
        }
    }
}

impl Refusal {
    /// Whether the secret must change before it is sent again.
    pub const fn awaits_change(self) -> bool {
        matches!(self, Self::DeniedForGood)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.class().fmt(f)
    }
}

/// The class of a refusal, as logs, metrics and status name it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RefusalClass {
    /// See [`Refusal::Denied`] and [`Refusal::DeniedForGood`].
    Denied,
    /// See [`Refusal::Blocked`].
    Blocked,
    /// See [`Refusal::Busy`].
    Busy,
    /// See [`Refusal::Failed`].
    Failed,
    /// See [`Refusal::Garbled`].
    Garbled,
    /// See [`Refusal::Unreachable`] and [`Refusal::TimedOut`].
    Unreachable,
}

impl RefusalClass {
    /// Every class, in the order of the contract.
    pub const ALL: [Self; 6] =
        [Self::Denied, Self::Blocked, Self::Busy, Self::Failed, Self::Garbled, Self::Unreachable];

    /// The class of this name, if there is one.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }

    /// Its name in the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Blocked => "blocked",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::Garbled => "garbled",
            Self::Unreachable => "unreachable",
        }
    }
}

impl fmt::Display for RefusalClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
