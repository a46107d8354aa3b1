//! The simulated API: it answers, fails, hangs, limits the rate and returns false values.

use std::time::Duration;

use tokenwell::{
    fingerprint::Fingerprint,
    renewal::{Grant, Moment, Refusal},
};

/// The API's state.
pub(crate) struct Server {
    pub(crate) mood: Mood,
    /// The moment at which the mood began.
    pub(crate) since: Moment,
    /// Lifetime of its sessions.
    pub(crate) lifetime: Duration,
    /// In microseconds.
    pub(crate) latency_max: u64,
    pub(crate) hints: Hints,
}

/// Reaction of the API to a request with a valid key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mood {
    Healthy,
    Refusing(Refusal),
    /// It accepts requests and never answers; the client gives up after [`TIMEOUT`].
    Hanging,
}

/// Value of `nextRefreshSeconds`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hints {
    None,
    Sane,
    Hostile,
}

impl Server {
    pub(crate) fn new(rng: &mut fastrand::Rng) -> Self {
        // From three minutes, Descope's minimum, to four weeks, its maximum; uniform on a logarithmic scale.
        let magnitude = rng.f64() * (2_419_200_f64 / 180.0).ln();
        Self {
            mood: Mood::Healthy,
            since: Moment::default(),
            lifetime: Duration::from_secs_f64(180.0 * magnitude.exp()),
            latency_max: rng.u64(2_000..1_500_000),
            hints: [Hints::None, Hints::None, Hints::Sane, Hints::Hostile][rng.usize(0..4)],
        }
    }

    /// Returns the duration and the result of a request.
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

    /// The earliest renewal that a correct server requests.
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
    /// Any mood other than healthy.
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

    /// Whether the client's promise of a quick recovery holds after this mood: a rate limit may last longer.
    pub(crate) fn may_hold(self) -> bool {
        matches!(self, Self::Refusing(Refusal::Busy { .. }))
    }
}

/// The client's timeout for a whole request.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
