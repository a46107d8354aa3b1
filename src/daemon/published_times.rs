//! What readers are told of a session's life.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{
    renewal::{Moment, Term},
    session::Times,
};

/// What was told of one plan of one session. It stays the same to the second however often the session is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublishedTimes {
    sent: Moment,
    renew: Moment,
    times: Times,
}

impl PublishedTimes {
    pub(super) fn new(term: Term, times: Times) -> Self {
        Self { sent: term.sent, renew: term.renew, times }
    }

    /// What was told last.
    pub(super) fn times(&self) -> Times {
        self.times
    }

    /// What was told of this very plan.
    pub(super) fn of(&self, term: Term) -> Option<Times> {
        (self.sent == term.sent && self.renew == term.renew).then_some(self.times)
    }
}

/// Whole seconds: more would be noise to readers.
pub(super) fn whole(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}
