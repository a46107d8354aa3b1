//! The credentials whose state files cannot be written. A folder that cannot be written concerns all of them, and is
//! logged once.

use std::collections::BTreeSet;

use crate::renewal::Id;

/// The credentials whose last state was not stored.
#[derive(Debug, Default)]
pub(super) struct StateFileErrors {
    failed: BTreeSet<Id>,
}

/// What a write of a state file changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StateFileChange {
    FirstFailed,
    AnotherFailed,
    AllRecovered,
    None,
}

impl StateFileErrors {
    /// Notes a write.
    pub(super) fn note(&mut self, id: Id, is_stored: bool) -> StateFileChange {
        let failed_before = !self.failed.is_empty();
        if is_stored {
            self.failed.remove(&id);
        } else {
            self.failed.insert(id);
        }
        match (is_stored, failed_before) {
            (false, false) => StateFileChange::FirstFailed,
            (false, true) => StateFileChange::AnotherFailed,
            (true, true) if self.failed.is_empty() => StateFileChange::AllRecovered,
            (true, _) => StateFileChange::None,
        }
    }

    /// Forgets a credential that was removed.
    pub(super) fn forget(&mut self, id: Id) {
        self.failed.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::renewal::{Fleet, LastExchange, OriginId, Policy};

    #[test]
    fn a_folder_that_cannot_be_written_is_news_once() {
        let mut fleet = Fleet::new(NonZeroUsize::MIN, 1);
        let [a, b] = [(); 2].map(|()| fleet.add(OriginId::default(), Policy::default(), LastExchange::default()));
        let mut errors = StateFileErrors::default();
        assert_eq!(errors.note(a, true), StateFileChange::None);
        assert_eq!(errors.note(a, false), StateFileChange::FirstFailed);
        assert_eq!(errors.note(b, false), StateFileChange::AnotherFailed);
        assert_eq!(errors.note(a, true), StateFileChange::None);
        assert_eq!(errors.note(b, true), StateFileChange::AllRecovered);
        assert_eq!(errors.note(b, false), StateFileChange::FirstFailed);
        errors.forget(b);
        assert_eq!(errors.note(a, false), StateFileChange::FirstFailed);
    }
}
