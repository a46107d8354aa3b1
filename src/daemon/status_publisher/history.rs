//! The exchanges of the last day, counted in buckets of the boot clock.

use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

use crate::{
    renewal::Moment,
    status::{BucketReport, HistoryReport},
};

/// The buckets with any exchange, oldest first; at most those of a day.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<Bucket>);

#[derive(Debug)]
struct Bucket {
    from: Moment,
    sessions: u64,
    refusals: u64,
}

impl History {
    /// Counts an exchange that brought a session.
    pub(super) fn add_session(&mut self, now: Moment) {
        self.bucket(now).sessions += 1;
    }

    /// Counts an exchange that was refused.
    pub(super) fn add_refusal(&mut self, now: Moment) {
        self.bucket(now).refusals += 1;
    }

    /// Reports the last day, on the wall clock of `wall_of`.
    pub(super) fn report(&self, now: Moment, wall_of: impl Fn(Moment) -> SystemTime) -> HistoryReport {
        let shown = self.0.iter().filter(|bucket| bucket.from + DAY > now);
        let buckets = shown.map(|bucket| BucketReport {
            from: wall_of(bucket.from),
            sessions: bucket.sessions,
            refusals: bucket.refusals,
        });
        HistoryReport { bucket_seconds: BUCKET.as_secs(), buckets: buckets.collect() }
    }

    fn bucket(&mut self, now: Moment) -> &mut Bucket {
        let since_boot = now.elapsed_since_boot().as_secs();
        let from = Moment::since_boot(Duration::from_secs(since_boot - since_boot % BUCKET.as_secs()));
        while self.0.front().is_some_and(|oldest| oldest.from + DAY <= now) {
            self.0.pop_front();
        }
        if self.0.back().is_none_or(|newest| newest.from < from) {
            self.0.push_back(Bucket { from, sessions: 0, refusals: 0 });
        }
        let newest = self.0.len() - 1;
        &mut self.0[newest]
    }
}

const BUCKET: Duration = Duration::from_secs(15 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_day_is_kept_and_no_more_however_long_it_runs() {
        let at = |seconds| Moment::since_boot(Duration::from_secs(seconds));
        let wall_of = |moment: Moment| UNIX_EPOCH + moment.elapsed_since_boot();
        let mut history = History::default();
        for minute in 0..10_000 {
            history.add_session(at(minute * 60));
        }
        history.add_refusal(at(600_000));
        let now = at(600_001);
        let report = history.report(now, wall_of);
        assert_eq!((report.bucket_seconds, history.0.len(), report.buckets.len()), (900, 96, 96));
        assert_eq!(report.buckets[0], BucketReport { from: wall_of(at(513_900)), sessions: 15, refusals: 0 });
        let last = report.buckets.last().unwrap();
        assert_eq!((last.from, last.sessions, last.refusals), (wall_of(at(599_400)), 10, 1));
        assert!(history.report(at(700_000), wall_of).buckets.is_empty(), "all of it is of another day");
    }
}
