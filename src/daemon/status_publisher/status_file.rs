//! The status file: when it is written, and whether the last write failed.

use super::status_file_schedule::{HealthSummary, StatusFileSchedule};
use crate::renewal::Moment;

/// The state of the status file.
#[derive(Debug, Default)]
pub(in crate::daemon) struct StatusFile {
    schedule: StatusFileSchedule,
    /// Whether the last write failed.
    fails: bool,
}

/// What a write of the status file changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::daemon) enum FileChange {
    /// The first failure after a success.
    Failed,
    /// Another failure.
    FailedAgain,
    /// The first success after a failure.
    Recovered,
    /// Another success.
    Unchanged,
}

impl StatusFile {
    /// Notes that the file is out of date.
    pub(in crate::daemon) fn note_change(&mut self) {
        self.schedule.note();
    }

    /// When to ask [`Self::begins`] again.
    pub(in crate::daemon) fn due(&self) -> Option<Moment> {
        self.schedule.due()
    }

    /// Whether to write the file now. If so, this summary is what the file holds from now on.
    pub(in crate::daemon) fn begins(&mut self, now: Moment, summary: HealthSummary) -> bool {
        self.schedule.is_to_be_written(now, summary)
    }

    /// Notes the end of a write.
    pub(in crate::daemon) fn ended(&mut self, is_written: bool) -> FileChange {
        let failed_before = std::mem::replace(&mut self.fails, !is_written);
        match (is_written, failed_before) {
            (false, false) => FileChange::Failed,
            (false, true) => FileChange::FailedAgain,
            (true, true) => FileChange::Recovered,
            (true, false) => FileChange::Unchanged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_and_its_end_are_each_news_once() {
        let mut file = StatusFile::default();
        let changes = [true, false, false, true, true, false].map(|is_written| file.ended(is_written));
        assert_eq!(
            changes,
            [
                FileChange::Unchanged,
                FileChange::Failed,
                FileChange::FailedAgain,
                FileChange::Recovered,
                FileChange::Unchanged,
                FileChange::Failed,
            ]
        );
    }
}
