//! When the status file is written: soon after any change, and at once after a change of health or readiness.
//!
//! A renewal changes the status several times within milliseconds. The first ordinary change after a quiet time is written
//! [`GATHER`] later, so that one write has all of them.

use std::time::Duration;

use crate::renewal::{Health, Moment};

/// What other programs act upon: readiness, and the health of every credential.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::daemon) struct HealthSummary {
    pub(in crate::daemon) ready: bool,
    /// By name.
    pub(in crate::daemon) states: Vec<Health>,
}

/// The changes that the file does not show yet.
#[derive(Debug)]
pub(super) struct StatusFileSchedule {
    changed: bool,
    /// Whether something changed since the summary was compared.
    unjudged: bool,
    /// Whether the oldest change has been seen by [`Self::is_to_be_written`].
    has_waited: bool,
    /// No ordinary change is written before this.
    not_before: Moment,
    /// No change of the summary is written before this, because a credential that flaps would cause endless writes.
    at_once_from: Moment,
    /// The summary that the file holds.
    published: Option<HealthSummary>,
}

impl Default for StatusFileSchedule {
    /// Nothing is written yet.
    fn default() -> Self {
        let start = Moment::default();
        Self {
            changed: true,
            unjudged: true,
            has_waited: false,
            not_before: start,
            at_once_from: start,
            published: None,
        }
    }
}

impl StatusFileSchedule {
    pub(super) fn note(&mut self) {
        self.changed = true;
        self.unjudged = true;
    }

    /// When to ask [`Self::is_to_be_written`] again.
    pub(super) fn due(&self) -> Option<Moment> {
        let due = if self.unjudged { self.not_before.min(self.at_once_from) } else { self.not_before };
        self.changed.then_some(due)
    }

    /// Whether to write now. If so, this summary is what the file holds from now on.
    pub(super) fn is_to_be_written(&mut self, now: Moment, summary: HealthSummary) -> bool {
        if self.due().is_none_or(|due| now < due) {
            return false;
        }
        let credentials = u32::try_from(summary.states.len()).unwrap_or(u32::MAX);
        self.unjudged = false;
        let has_waited = std::mem::replace(&mut self.has_waited, true);
        if now >= self.not_before && !has_waited && self.published.as_ref() == Some(&summary) {
            self.not_before = now + GATHER;
            return false;
        }
        if now < self.not_before {
            if self.published.as_ref() == Some(&summary) {
                self.at_once_from = now + LOOK_PAUSE_A_CREDENTIAL.saturating_mul(credentials);
                return false;
            }
            self.at_once_from = now + AT_ONCE_PAUSE + PAUSE_A_CREDENTIAL.saturating_mul(credentials);
        }
        self.changed = false;
        self.has_waited = false;
        self.not_before = now + PAUSE + PAUSE_A_CREDENTIAL.saturating_mul(credentials);
        self.published = Some(summary);
        true
    }
}

/// The least time between two writes, and what each credential adds: ten thousand credentials make twelve megabytes.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_A_CREDENTIAL: Duration = Duration::from_millis(1);

/// How long the first change after a quiet time waits for those that follow it.
const GATHER: Duration = Duration::from_millis(100);

/// The least time between two writes of a changed summary.
const AT_ONCE_PAUSE: Duration = Duration::from_millis(250);

/// The time between two comparisons of the summary, for each credential: at most a hundredth of a processor.
const LOOK_PAUSE_A_CREDENTIAL: Duration = Duration::from_micros(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Moment {
        Moment::default() + Duration::from_secs(1000) + Duration::from_millis(milliseconds)
    }

    fn of(ready: bool, health: Health) -> HealthSummary {
        HealthSummary { ready, states: vec![health] }
    }

    #[test]
    fn state_changes_are_written_at_once_the_rest_is_delayed() {
        let mut schedule = StatusFileSchedule::default();
        assert!(schedule.is_to_be_written(at(0), of(false, Health::Starting)), "the first");
        assert_eq!(schedule.due(), None);
        schedule.note();
        assert!(!schedule.is_to_be_written(at(10), of(false, Health::Starting)), "another write of the same");
        assert_eq!(schedule.due(), Some(at(1001)));
        schedule.note();
        assert!(schedule.is_to_be_written(at(11), of(true, Health::Fresh)));
        assert_eq!(schedule.due(), None);
        schedule.note();
        assert_eq!(schedule.due(), Some(at(262)), "when it could be written at once again");
        assert!(!schedule.is_to_be_written(at(262), of(true, Health::Fresh)));
        assert_eq!(schedule.due(), Some(at(1012)));
        assert!(!schedule.is_to_be_written(at(1011), of(true, Health::Fresh)));
        assert!(schedule.is_to_be_written(at(1012), of(true, Health::Fresh)));
    }

    #[test]
    fn a_change_is_written_at_once_even_after_another_write() {
        let mut schedule = StatusFileSchedule::default();
        assert!(schedule.is_to_be_written(at(0), of(true, Health::Fresh)));
        schedule.note();
        assert!(!schedule.is_to_be_written(at(5000), of(true, Health::Fresh)), "more may follow");
        assert!(schedule.is_to_be_written(at(5100), of(true, Health::Fresh)), "an hour's renewal");
        schedule.note();
        assert!(schedule.is_to_be_written(at(5101), of(true, Health::Failing)));
    }

    #[test]
    fn the_changes_of_one_renewal_are_written_once() {
        let mut schedule = StatusFileSchedule::default();
        assert!(schedule.is_to_be_written(at(0), of(true, Health::Fresh)));
        let mut written = Vec::new();
        for n in 5000..9000 {
            if [5000, 5003, 5004, 5099].contains(&n) {
                schedule.note();
            }
            if schedule.due().is_some_and(|due| due <= at(n))
                && schedule.is_to_be_written(at(n), of(true, Health::Fresh))
            {
                written.push(n);
            }
        }
        assert_eq!((written, schedule.due()), (vec![5100], None));
    }

    #[test]
    fn a_credential_that_flaps_has_it_written_a_few_times_a_second() {
        let mut schedule = StatusFileSchedule::default();
        let mut written = 0;
        for n in 0..10_000 {
            let health = if n % 2 == 0 { Health::Fresh } else { Health::Failing };
            schedule.note();
            written += u32::from(schedule.is_to_be_written(at(n), of(true, health)));
        }
        assert!((30..=50).contains(&written), "{written} in ten seconds");
    }
}
