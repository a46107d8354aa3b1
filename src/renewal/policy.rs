//! The rules of pace, in one page. Placeholder types for now; rules follow.

use std::time::Duration;

/// A share of something, from 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Share(f64);

impl Share {
    /// `percent` of a hundred; `None` unless it is within 0 to 100.
    pub fn from_percent(percent: f64) -> Option<Self> {
        (0.0..=100.0).contains(&percent).then_some(Self(percent / 100.0))
    }

    /// As a percentage, for printing.
    pub fn percent(self) -> f64 {
        self.0 * 100.0
    }

    /// That share of a length of time.
    pub fn of(self, whole: Duration) -> Duration {
        whole.mul_f64(self.0)
    }
}

/// What becomes of the files of a session that has ended while no new one could be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnExpiry {
    /// The dead token stays.
    #[default]
    Keep,
    /// The files are removed the moment the session ends.
    Remove,
}

/// How one credential is renewed. `Default` is the contract's.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Policy {
    /// The share of a session's life after which it is renewed (`renew.at`).
    pub renew_at: Share,
    /// How much of a delay may be taken off at random (`renew.jitter`).
    pub jitter: Share,
    /// The least time between two exchanges of one credential (`renew.spacing`).
    pub spacing: Duration,
    /// The first back-off (`renew.retryFirst`).
    pub retry_first: Duration,
    /// The longest back-off (`renew.retryMax`).
    pub retry_max: Duration,
    /// How often a denied key is asked for again (`renew.deniedEvery`).
    pub denied_every: Duration,
    /// What happens to the files when the session ends.
    pub on_expiry: OnExpiry,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            renew_at: Share(0.67),
            jitter: Share(0.10),
            spacing: Duration::from_secs(2),
            retry_first: Duration::from_secs(2),
            retry_max: Duration::from_secs(60),
            denied_every: Duration::from_secs(300),
            on_expiry: OnExpiry::Keep,
        }
    }
}

/// The longest life that is believed. Descope's own maximum is four weeks.
pub const LIFETIME_MAX: Duration = Duration::from_secs(28 * 24 * 3600);
