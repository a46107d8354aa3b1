//! Readings of the configuration: why one begins, and what became of them.

use super::log_throttle::LogThrottle;
use crate::renewal::Moment;

/// Why the configuration is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
    /// It may have changed between its first reading and the first look at its file.
    Started,
    /// Its file has changed.
    Changed,
    /// Somebody asked for it.
    Requested,
}

/// What became of readings after the first.
#[derive(Clone, Debug)]
pub(super) struct Reloads {
    /// Since when the configuration is in force.
    pub(super) since: Moment,
    /// Why the newest one is not.
    pub(super) refused: Option<String>,
    pub(super) applied: u64,
    pub(super) refusals: u64,
    /// Of requests, and of what became of them.
    pub(super) asked: LogThrottle,
    pub(super) ended: LogThrottle,
}

impl Reloads {
    /// The first configuration is in force from now on.
    pub(super) fn new(now: Moment) -> Self {
        Self {
            since: now,
            refused: None,
            applied: 0,
            refusals: 0,
            asked: LogThrottle::default(),
            ended: LogThrottle::default(),
        }
    }
}
