//! The simulated API: it answers, fails, hangs, limits and lies.

use std::time::Duration;

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{Grant, Moment, Refusal},
};

/// The API's state.
pub(crate) struct Server {
    pub(crate) mood: Mood,
    /// Since when the mood lasts.
    pub(crate) since: Moment,
    /// The life of its sessions.
    pub(crate) lifetime: Duration,
    /// In microseconds.
    pub(crate) latency_max: u64,
    pub(crate) hints: Hints,
}

/// What the API does with a request by a good key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mood {
    Healthy,
    Refusing(Refusal),
    /// It takes requests and never answers; the client gives up after [`TIMEOUT`].
    Hanging,
}

/// What it says in `nextRefreshSeconds`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hints {
    None,
    Sane,
    Hostile,
}

impl Server {
    pub(crate) fn new(rng: &mut fastrand::Rng) -> Self {
        // From three minutes, Descope's least, to four weeks, its most; evenly by magnitude.
        let magnitude = rng.f64() * (2_419_200_f64 / 180.0).ln();
        Self {
            mood: Mood::Healthy,
            since: Moment::default(),
            lifetime: Duration::from_secs_f64(180.0 * magnitude.exp()),
            latency_max: rng.u64(2_000..1_500_000),
            hints: [Hints::None, Hints::None, Hints::Sane, Hints::Hostile][rng.usize(0..4)],
        }
    }

    /// How long a request takes and what it brings.
    pub(crate) fn answer(
        &self,
        key: Fingerprint,
        good_key: Option<Fingerprint>,
        rng: &mut fastrand::Rng,
    ) -> (Duration, Result<Grant, Refusal>) {
        let latency = Duration::from_micros(rng.u64(200..self.latency_max));
        match self.mood {
            Mood::Hanging => (TIMEOUT, Err(Refusal::TimedOut)),
            Mood::Refusing(refusal) => (latency, Err(refusal)),
            Mood::Healthy if Some(key) != good_key => (latency, Err(Refusal::Denied)),
            Mood::Healthy => (latency, Ok(Grant { lifetime: self.lifetime, refresh_after: self.hint(rng) })),
        }
    }

    /// The earliest renewal that an honest server asks for.
    pub(crate) fn is_honest(&self) -> bool {
        self.hints != Hints::Hostile
    }

    fn hint(&self, rng: &mut fastrand::Rng) -> Option<Duration> {
        match self.hints {
            Hints::None => None,
            Hints::Sane => Some(self.lifetime.mul_f64(0.2 + rng.f64())),
            Hints::Hostile => [
                Some(Duration::ZERO),
                Some(Duration::from_nanos(1)),
                Some(Duration::from_secs(1)),
                Some(Duration::MAX),
                None,
            ][rng.usize(0..5)],
        }
    }
}

impl Mood {
    /// Any mood but health.
    pub(crate) fn bad(rng: &mut fastrand::Rng) -> Self {
        let told = [None, Some(0), Some(1), Some(30), Some(900), Some(u64::MAX)][rng.usize(0..6)];
        [
            Self::Hanging,
            Self::Refusing(Refusal::Blocked),
            Self::Refusing(Refusal::Busy { retry_after: told.map(Duration::from_secs) }),
            Self::Refusing(Refusal::Failed),
            Self::Refusing(Refusal::Garbled),
            Self::Refusing(Refusal::Unreachable),
        ][rng.usize(0..6)]
    }

    /// Whether the client's own promise of a quick recovery holds after it: a rate limit may hold longer.
    pub(crate) fn may_hold(self) -> bool {
        matches!(self, Self::Refusing(Refusal::Busy { .. }))
    }
}

/// The client's time-out for a whole request.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
