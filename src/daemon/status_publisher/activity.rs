//! Counts of the whole daemon: exchanges of the last day, how long they took, and rotations.

use std::time::{Duration, SystemTime};

use super::history::History;
use crate::{
    renewal::Moment,
    status::{Durations, HistoryReport},
};

/// What the daemon did since its start.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Activity {
    durations: Durations,
    history: History,
    rotations: u64,
}

impl Activity {
    /// Counts an exchange that brought a session.
    pub(in crate::daemon) fn add_session(&mut self, now: Moment, took: Duration) {
        self.durations.add(took);
        self.history.add_session(now);
    }

    /// Counts an exchange that was refused.
    pub(in crate::daemon) fn add_refusal(&mut self, now: Moment, took: Duration) {
        self.durations.add(took);
        self.history.add_refusal(now);
    }

    /// Counts a new token in the files of a credential.
    pub(in crate::daemon) fn add_rotation(&mut self) {
        self.rotations += 1;
    }

    /// How often readers got a new token.
    pub(in crate::daemon) fn rotations(&self) -> u64 {
        self.rotations
    }

    /// How long exchanges took.
    pub(in crate::daemon) fn durations(&self) -> &Durations {
        &self.durations
    }

    /// The exchanges of the last day, on the wall clock of `wall_of`.
    pub(in crate::daemon) fn history(&self, now: Moment, wall_of: impl Fn(Moment) -> SystemTime) -> HistoryReport {
        self.history.report(now, wall_of)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn every_answered_exchange_is_counted_and_timed() {
        let now = Moment::since_boot(Duration::from_secs(900));
        let mut activity = Activity::default();
        activity.add_session(now, Duration::from_millis(200));
        activity.add_refusal(now, Duration::from_secs(3));
        activity.add_rotation();
        let mut durations = Durations::default();
        durations.add(Duration::from_millis(200));
        durations.add(Duration::from_secs(3));
        assert_eq!((activity.durations(), activity.rotations()), (&durations, 1));
        let history = activity.history(now, |moment| UNIX_EPOCH + moment.elapsed_since_boot());
        assert_eq!(
            history.buckets.iter().map(|bucket| (bucket.sessions, bucket.refusals)).collect::<Vec<_>>(),
            [(1, 1)]
        );
    }
}
