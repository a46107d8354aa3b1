//! When to try again to listen: soon at first, then twice as long after each failure, up to a limit.

use std::time::Duration;

use crate::renewal::Moment;

/// The schedule of one listening address, empty while the server listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct RetrySchedule {
    next: Option<Retry>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Retry {
    due: Moment,
    interval: Duration,
}

impl RetrySchedule {
    /// Returns the schedule after another failed attempt.
    pub(super) fn after_failure(self, now: Moment) -> Self {
        let interval = self.next.map_or(RETRY_FIRST, |retry| (retry.interval * 2).min(RETRY_MAX));
        Self { next: Some(Retry { due: now + interval, interval }) }
    }

    /// When to try again; `None` if nothing has failed.
    pub(super) fn due(&self) -> Option<Moment> {
        self.next.map(|retry| retry.due)
    }
}

/// A predecessor that is still stopping has left the address by then.
const RETRY_FIRST: Duration = Duration::from_secs(1);

/// How long the server may be away after its address is free.
const RETRY_MAX: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_double_from_a_second_to_half_a_minute() {
        let mut schedule = RetrySchedule::default();
        assert_eq!(schedule.due(), None);
        let mut now = Moment::default();
        let mut pauses = Vec::new();
        for _ in 0..7 {
            schedule = schedule.after_failure(now);
            let due = schedule.due().unwrap();
            pauses.push(due.since(now).as_secs());
            now = due;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(RetrySchedule::default().due(), None, "a server that listens has nothing to retry");
    }

    #[test]
    fn a_year_of_retries_never_overflows() {
        let mut schedule = RetrySchedule::default();
        for _ in 0..1_100_000 {
            schedule = schedule.after_failure(schedule.due().unwrap_or_default());
        }
        assert!(schedule.due().is_some());
    }
}
