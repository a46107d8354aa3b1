//! Whether the clock skew is large enough to log.

use crate::exchange::Skew;

/// The newest skew, and whether it is large.
#[derive(Debug, Default)]
pub(super) struct SkewMonitor {
    newest: Option<Skew>,
    is_large: bool,
}

/// What a new skew changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SkewChange {
    BecameLarge,
    BecameSmall,
    None,
}

impl SkewMonitor {
    /// Clock skew from the latest `Date` header.
    pub(super) fn newest(&self) -> Option<Skew> {
        self.newest
    }

    /// Takes the skew of a new reply.
    pub(super) fn note(&mut self, skew: Skew) -> SkewChange {
        let was_large = self.is_large;
        self.newest = Some(skew);
        self.is_large = skew.seconds().abs() > if was_large { SMALL_MAX } else { LARGE_MIN };
        match (was_large, self.is_large) {
            (false, true) => SkewChange::BecameLarge,
            (true, false) => SkewChange::BecameSmall,
            (true, true) | (false, false) => SkewChange::None,
        }
    }
}

/// A larger skew is logged, in seconds: the tolerance of common JWT libraries.
const LARGE_MIN: f64 = 60.0;
/// A large skew is small again below this, in seconds, so that a skew near [`LARGE_MIN`] is not logged again and again.
const SMALL_MAX: f64 = 50.0;

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn skew(seconds: u64) -> Skew {
        let sent = UNIX_EPOCH + Duration::from_secs(10_000);
        Skew::of(sent - Duration::from_millis(500) - Duration::from_secs(seconds), sent, sent)
    }

    #[test]
    fn a_skew_near_the_limit_is_logged_once() {
        let mut monitor = SkewMonitor::default();
        let changes = [0, 60, 61, 59, 62, 51, 50, 59].map(|seconds| monitor.note(skew(seconds)));
        let none = SkewChange::None;
        assert_eq!(changes, [none, none, SkewChange::BecameLarge, none, none, none, SkewChange::BecameSmall, none]);
        assert_eq!(monitor.newest(), Some(skew(59)));
    }
}
