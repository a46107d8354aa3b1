//! The old generations of sets, which are removed when no reader can have them open any more.

use std::{collections::BTreeSet, mem, time::Duration};

use crate::renewal::{Id, Moment};

/// The credentials whose sets hold old generations.
#[derive(Debug, Default)]
pub(super) struct GenerationCleanup {
    credentials: BTreeSet<Id>,
    due: Option<Moment>,
}

impl GenerationCleanup {
    /// Notes a write of a credential with outputs in sets.
    pub(super) fn written(&mut self, now: Moment, id: Id) {
        self.credentials.insert(id);
        self.due = Some(now + DELAY);
    }

    /// When the old generations are to be removed.
    pub(super) fn due(&self) -> Option<Moment> {
        self.due
    }

    /// Takes the credentials whose old generations are to be removed now.
    pub(super) fn take_due(&mut self, now: Moment) -> BTreeSet<Id> {
        if self.due.is_none_or(|due| now < due) {
            return BTreeSet::new();
        }
        self.due = None;
        mem::take(&mut self.credentials)
    }
}

/// More time than any reader needs between opening a folder and opening a file in it.
const DELAY: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::credentials::tests::credentials;

    #[test]
    fn generations_are_removed_once_some_time_after_the_last_write() {
        let at = |seconds| Moment::since_boot(Duration::from_secs(seconds));
        let (_, [a, b]) = credentials(["a", "b"]);
        let mut cleanup = GenerationCleanup::default();
        assert!(cleanup.take_due(at(0)).is_empty());
        cleanup.written(at(10), a);
        cleanup.written(at(12), b);
        assert_eq!(cleanup.due(), Some(at(17)));
        assert!(cleanup.take_due(at(16)).is_empty());
        assert_eq!(cleanup.take_due(at(17)), [a, b].into());
        assert_eq!((cleanup.due(), cleanup.take_due(at(99)).len()), (None, 0));
    }
}
