//! The rules of pace. Every delay of the program is computed in this file.
//!
//! Rules: jitter only moves a renewal earlier. Input from outside may slow requests down, but never speed them up past
//! the spacing and never stop them for good. Spacing wins over freshness.

use std::time::Duration;

use super::{answer::Grant, moment::Moment};

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
    /// The treatment of the files when the session expires.
    pub on_expiry: OnExpiry,
}

impl Policy {
    /// When a session that was asked for at `sent` and answered at `now` is to be renewed: after its share of life or
    /// when the server asks, whichever is earlier, less the jitter, but not before `now` and the spacing.
    pub(super) fn renewal(&self, sent: Moment, now: Moment, grant: Grant, rng: &mut fastrand::Rng) -> Moment {
        let by_life = self.renew_at.of(grant.lifetime);
        let delay = grant.refresh_after.filter(|asked| !asked.is_zero()).map_or(by_life, |asked| asked.min(by_life));
        let early = self.jitter.of(delay).mul_f64(rng.f64());
        (sent + delay.saturating_sub(early)).max(now + self.spacing)
    }

    /// The policy for the first renewal after an outage. All clients behind an address were granted a session in the
    /// same minute; without extra jitter they would all return together for many rounds.
    pub(super) fn dispersed(self) -> Self {
        Self { jitter: Share(self.jitter.0.max(JITTER_AFTER_AN_OUTAGE.0)), ..self }
    }

    /// When to ask again after the `step`-th failure in a row (the first is 0) of a request that went out at `sent` and
    /// failed at `now`. `ceiling` bounds the delay; so does a tenth of the life of the last session, which keeps the
    /// promise that a token is fresh again soon after the API is back. Counted from `sent`, so that the time a hanging
    /// request took is part of the wait.
    pub(super) fn retry(&self, sent: Moment, now: Moment, wait: Backoff, rng: &mut fastrand::Rng) -> Moment {
        let doubled = self.retry_first.saturating_mul(1 << wait.step.min(BACKOFF_DOUBLINGS_MAX));
        let ceiling = wait.lifetime.map_or(wait.ceiling, |life| wait.ceiling.min(life / 10));
        let spread = doubled.min(ceiling).saturating_sub(self.spacing);
        (sent + self.spacing + spread.mul_f64(rng.f64())).max(now + self.spacing)
    }

    /// The least time since the previous exchange when the key has changed, so that a new key is used soon.
    pub(super) fn spacing_of_a_changed_key(&self) -> Duration {
        self.spacing.min(CHANGED_KEY_SPACING)
    }
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

/// When to renew a session whose renewal was due while no process ran: soon, but spread over time. `left` of its
/// `lifetime` is left.
pub(super) fn overdue_renewal(now: Moment, lifetime: Duration, left: Duration, rng: &mut fastrand::Rng) -> Moment {
    now + (left / 2).min(lifetime / 10).mul_f64(rng.f64())
}

/// The length of a run of failures, and the bounds of the wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    /// How many failures came before.
    pub(super) step: u32,
    /// The longest delay.
    pub(super) ceiling: Duration,
    /// The life of the last session, if there was one.
    pub(super) lifetime: Option<Duration>,
}

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

/// The treatment of the files of a session that has expired without a new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnExpiry {
    /// The expired token stays.
    #[default]
    Keep,
    /// The files are removed at the moment of expiry.
    Remove,
}

/// The longest `Retry-After` that is obeyed, so that no server stops requests for good.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);

/// The longest life that is believed. Descope's own maximum is four weeks.
pub const LIFETIME_MAX: Duration = Duration::from_secs(28 * 24 * 3600);

/// How soon after an exchange a changed key may be used, however wide the spacing.
pub const CHANGED_KEY_SPACING: Duration = Duration::from_secs(1);

const JITTER_AFTER_AN_OUTAGE: Share = Share(0.5);
const BACKOFF_DOUBLINGS_MAX: u32 = 16;
