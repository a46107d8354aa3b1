//! How a Lease's duration is divided.

use std::{ops::RangeInclusive, time::Duration};

/// The times of an election, all parts of the Lease's duration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    duration: Duration,
}

impl Timing {
    /// Divides a duration, which is brought within [`DURATION_BOUNDS`].
    pub fn of(duration: Duration) -> Self {
        Self { duration: within_bounds(duration) }
    }

    /// How long the Lease lasts without a renewal.
    pub fn duration(self) -> Duration {
        self.duration
    }

    /// How long a holder leads after it sent a write that was confirmed.
    pub fn deadline(self) -> Duration {
        self.duration * 2 / 3
    }

    /// The time between two calls, and the longest that a call may take.
    pub fn retry(self) -> Duration {
        self.duration / 6
    }

    /// The least time between two calls, however often a conflict asks for another one.
    pub(super) fn spacing(self) -> Duration {
        self.retry() / 8
    }
}

/// Brings a duration that another holder wrote within bounds.
pub(super) fn within_bounds(duration: Duration) -> Duration {
    duration.clamp(*DURATION_BOUNDS.start(), *DURATION_BOUNDS.end())
}

/// The durations that a Lease may have. With a shorter one a slow API server costs the leadership; with a longer one a crash
/// leaves tokens without renewal.
pub const DURATION_BOUNDS: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(5 * 60);
