//! The status file: when it is written, and whether the last write failed.

use super::status_file_schedule::{HealthSummary, StatusFileSchedule};
use crate::renewal::Moment;

/// The state of the status file.
#[derive(Debug, Default)]
pub(in crate::daemon) struct StatusFile {
    /// `None` while this process may not use the state directory.
    schedule: Option<StatusFileSchedule>,
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
    /// Notes that this process may use the state directory from now on: the file is due at once.
    pub(in crate::daemon) fn directory_claimed(&mut self) {
        self.schedule = Some(StatusFileSchedule::default());
    }

    /// Notes that another process has the state directory: the file is never due.
    pub(in crate::daemon) fn directory_lost(&mut self) {
        self.schedule = None;
    }

    /// Notes that the file is out of date.
    pub(in crate::daemon) fn note_change(&mut self) {
        if let Some(schedule) = &mut self.schedule {
            schedule.note();
        }
    }

    /// When to ask [`Self::begins`] again.
    pub(in crate::daemon) fn due(&self) -> Option<Moment> {
        self.schedule.as_ref().and_then(StatusFileSchedule::due)
    }

    /// Whether to write the file now. If so, this summary is what the file holds from now on.
    pub(in crate::daemon) fn begins(&mut self, now: Moment, summary: HealthSummary) -> bool {
        self.schedule.as_mut().is_some_and(|schedule| schedule.is_to_be_written(now, summary))
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
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_file_is_due_at_once_when_its_directory_is_claimed() {
        let now = Moment::default() + Duration::from_secs(1000);
        let mut file = StatusFile::default();
        file.note_change();
        assert_eq!((file.due(), file.begins(now, HealthSummary::default())), (None, false), "not claimed yet");
        for _ in 0..2 {
            file.directory_claimed();
            assert!(file.due().is_some_and(|due| due <= now));
            assert!(file.begins(now, HealthSummary::default()), "no earlier attempt delays it");
            assert_eq!(file.due(), None);
        }
        file.note_change();
        file.directory_lost();
        assert_eq!((file.due(), file.begins(now, HealthSummary::default())), (None, false));
    }

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
